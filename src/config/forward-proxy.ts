import { BlockList, isIP } from 'node:net';
import type { EnvironmentReader } from './environment-reader.ts';

/** The URL of the forward proxy for a URL; undefined: none. */
type ProxyFor = (url: string) => string | undefined;

/** How this server calls others. */
export interface Outbound {
  readonly proxyFor: ProxyFor;
  /** Whether http is allowed for WeChat Pay and the keys of tokens, inside a private network. */
  readonly allowInsecure: boolean;
}

export function readOutbound(from: EnvironmentReader): Outbound {
  return {
    proxyFor: readForwardProxy(from),
    allowInsecure: from.choice('ALLOW_INSECURE_UPSTREAM', 'true', 'false') === 'true',
  };
}

/** `HTTPS_PROXY` for https URLs, except for the hosts of `NO_PROXY`; as of curl, also in small letters. */
function readForwardProxy(from: EnvironmentReader): ProxyFor {
  const proxy = from.text('HTTPS_PROXY');
  const except = readExceptions(from);
  if (proxy !== undefined && !/^https?:\/\/[^/]+\/?$/.test(proxy)) {
    from.addProblem('HTTPS_PROXY', 'must be http://<host>:<port> or https://<host>:<port>.');
  }
  return (text) => {
    const url = URL.parse(text);
    return proxy === undefined || url?.protocol !== 'https:' || except(url) ? undefined : proxy;
  };
}

function readExceptions(from: EnvironmentReader): (url: URL) => boolean {
  const entries = (from.text('NO_PROXY') ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const networks = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    if (bits !== undefined) {
      try {
        networks.addSubnet(address, Number(bits), familyOf(address));
      } catch {
        from.addProblem('NO_PROXY', 'contains an invalid network; expected e.g. 10.0.0.0/8.');
      }
    }
  }
  return ({ hostname, port }) => {
    const host = hostname.replaceAll(/[[\]]/g, '');
    const named = entries.some((entry) => {
      const { name, only } = partsOf(entry);
      const isPort = only === undefined || only === (port || '443');
      return entry === '*' || (isPort && (host === name || host.endsWith(`.${name}`)));
    });
    return named || (isIP(host) > 0 && networks.check(host, familyOf(host)));
  };
}

/** `host`, `.host`, `*.host`, with a port or without; an IPv6 address with a port has brackets. */
function partsOf(entry: string): { readonly name: string; readonly only: string | undefined } {
  if (isIP(entry) > 0) {
    return { name: entry, only: undefined };
  }
  const [, name = '', only] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  return { name: name.replaceAll(/[[\]]/g, ''), only };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

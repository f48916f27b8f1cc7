import { BlockList, isIP } from 'node:net';

/** Reads one header of a request. */
type HeaderOf = (name: string) => string | null | undefined;

/** The address of a client: behind trusted proxies, what the outermost of them has seen. */
export type ClientAddress = (peer: string | undefined, header: HeaderOf) => string | undefined;

/** Throws if an entry is neither an address nor a network such as 10.0.0.0/8. */
export function trustedProxies(entries: readonly string[]): BlockList {
  const trusted = new BlockList();
  for (const entry of entries) {
    const [address = '', bits, ...more] = entry.split('/');
    const family = familyOf(address);
    if (more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
      throw new RangeError('Not a network such as 10.0.0.0/8.');
    }
    if (bits === undefined) {
      trusted.addAddress(address, family);
    } else {
      trusted.addSubnet(address, Number(bits), family);
    }
  }
  return trusted;
}

/** Only a trusted proxy may report another address, and only that of its own client. */
export function clientAddress(trusted: BlockList): ClientAddress {
  const isTrusted = (address: string) =>
    isIP(address) > 0 && trusted.check(address, familyOf(address));
  return (peer, header) => {
    if (peer === undefined || !isTrusted(peer)) {
      return peer;
    }
    let client = peer;
    for (const hop of hops(header).reverse()) {
      if (isIP(hop) === 0) {
        return client;
      }
      client = hop;
      if (!isTrusted(hop)) {
        return client;
      }
    }
    return client;
  };
}

/** Nearest last. `Forwarded` (RFC 7239) if present, else `X-Forwarded-For`. */
function hops(header: HeaderOf): string[] {
  const forwarded = header('forwarded');
  if (forwarded) {
    return forwarded.split(',').map((element) => bare(/for="?([^";,]+)/i.exec(element)?.[1] ?? ''));
  }
  return (header('x-forwarded-for') ?? '').split(',').map(bare).filter(Boolean);
}

/** Without port and brackets. */
function bare(node: string): string {
  const text = node.trim();
  return /^\[([^\]]+)\]/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

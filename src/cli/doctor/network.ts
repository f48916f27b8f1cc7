import { Agent, fetch, ProxyAgent } from 'undici';
import type { WechatPayOptions } from '../../wechat/index.ts';
import { codeOf, type Finding, fail, ok, warn } from './finding.ts';

const PATIENCE_MS = 5_000;
/** WeChat Pay and this client refuse messages whose timestamp is off by more. */
const WINDOW_SECONDS = 300;
const NOTICEABLE_SECONDS = 30;

/** Checks whether the hosts can be connected to, and compares their time. Sends no signature. */
export async function examineNetwork(
  baseUrl: string,
  backupUrl: string | undefined,
  proxyFor: WechatPayOptions['proxyFor'] = () => undefined,
): Promise<readonly Finding[]> {
  const first = await greet(baseUrl, proxyFor(baseUrl));
  const reached =
    'problem' in first
      ? fail('WeChat Pay', `${baseUrl} ${first.problem}`)
      : ok('WeChat Pay', `${baseUrl} can be reached.`);
  const findings = [reached, ...('problem' in first ? [] : [clock(first.offSeconds)])];
  if (backupUrl === undefined) {
    return findings;
  }
  const second = await greet(backupUrl, proxyFor(backupUrl));
  const backup =
    'problem' in second
      ? warn('backup', `${backupUrl} ${second.problem}`)
      : ok('backup', `${backupUrl} can be reached.`);
  return [...findings, backup];
}

type Greeting = { readonly problem: string } | { readonly offSeconds: number | undefined };

async function greet(url: string, proxy: string | undefined): Promise<Greeting> {
  const dispatcher = proxy === undefined ? new Agent() : new ProxyAgent(proxy);
  const startMs = Date.now();
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { redirect: 'manual', signal, dispatcher });
    const endMs = Date.now();
    await response.body?.cancel();
    const theirs = Date.parse(response.headers.get('date') ?? '');
    const offSeconds = Math.round(((startMs + endMs) / 2 - theirs) / 1000);
    return { offSeconds: Number.isNaN(offSeconds) ? undefined : offSeconds };
  } catch (error) {
    const problem = `cannot be reached (${codeOf(error)}): check DNS, the firewall, HTTPS_PROXY, and WECHAT_BASE_URL or WECHAT_BACKUP_URL.`;
    return { problem };
  } finally {
    await dispatcher.close();
  }
}

function clock(offSeconds: number | undefined): Finding {
  if (offSeconds === undefined) {
    return warn('clock', 'cannot be compared: the response had no Date header.');
  }
  const off = Math.abs(offSeconds);
  const way = `${off} s ${offSeconds < 0 ? 'behind' : 'ahead of'} WeChat Pay`;
  if (off > WINDOW_SECONDS) {
    return fail(
      'clock',
      `is ${way}: beyond ${WINDOW_SECONDS} s every call is refused. Synchronize it with NTP.`,
    );
  }
  return off > NOTICEABLE_SECONDS
    ? warn('clock', `is ${way}: synchronize it with NTP before it is ${WINDOW_SECONDS}.`)
    : ok('clock', 'agrees with WeChat Pay.');
}

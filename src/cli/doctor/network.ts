import { codeOf, type Finding, fail, ok, warn } from './finding.ts';

const PATIENCE_MS = 5_000;
/** WeChat Pay and this client refuse messages whose timestamp is off by more. */
const WINDOW_SECONDS = 300;
const NOTICEABLE_SECONDS = 30;

/** Checks whether the hosts can be connected to, and compares their time. Sends no signature. */
export async function examineNetwork(
  origin: string,
  backupOrigin: string | undefined,
): Promise<readonly Finding[]> {
  const first = await greet(origin);
  const reached =
    'problem' in first
      ? fail('WeChat Pay', `${origin} ${first.problem}`)
      : ok('WeChat Pay', `${origin} can be reached.`);
  const findings = [reached, ...('problem' in first ? [] : [clock(first.offSeconds)])];
  if (backupOrigin === undefined) {
    return findings;
  }
  const second = await greet(backupOrigin);
  const backup =
    'problem' in second
      ? warn('backup', `${backupOrigin} ${second.problem}`)
      : ok('backup', `${backupOrigin} can be reached.`);
  return [...findings, backup];
}

type Greeting = { readonly problem: string } | { readonly offSeconds: number | undefined };

async function greet(origin: string): Promise<Greeting> {
  const startMs = Date.now();
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(origin, { redirect: 'manual', signal });
    const endMs = Date.now();
    await response.body?.cancel();
    const theirs = Date.parse(response.headers.get('date') ?? '');
    const offSeconds = Math.round(((startMs + endMs) / 2 - theirs) / 1000);
    return { offSeconds: Number.isNaN(offSeconds) ? undefined : offSeconds };
  } catch (error) {
    const problem = `cannot be reached (${codeOf(error)}): check DNS, the firewall and proxies, and WECHAT_BASE_URL or WECHAT_BACKUP_URL.`;
    return { problem };
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

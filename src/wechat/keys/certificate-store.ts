import type { X509Certificate } from 'node:crypto';
import type { CertificateNews } from '../options.ts';
import { NoCertificatesError } from './download-certificates.ts';

/** Certificates that are renewed automatically. */
export interface CertificateSource {
  /** A new array whenever they have changed. */
  readonly certificates: () => readonly X509Certificate[];
  readonly learn: (serial: string | undefined) => Promise<void>;
}

export interface CertificateStore extends CertificateSource {
  /** Resolves when the first download has ended, successfully or not. */
  readonly begin: () => Promise<void>;
  readonly close: () => void;
}

const MINUTE = 60_000;
/**
 * WeChat Pay requires a download at least every 12 h; a jitter of up to a tenth spreads a fleet.
 */
const RENEW_MS = 12 * 60 * MINUTE;
const SPREAD = 0.1;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 10 * MINUTE;
const RETRY_NONE_MS = 60 * MINUTE;
/** Limits downloads for unknown serials, because anybody can send a notification with one. */
const LEARN_EVERY_MS = MINUTE;
const REMEMBERED = 100;

/**
 * Downloads when created, then every 12 h, sooner after a failure, and for an unknown serial: then
 * at most once a minute, once for all concurrent callers, and not again for a serial that was not
 * found. The last valid certificates stay if a download fails. Does not keep the process alive.
 * @param now ms of a monotonic clock
 */
export function createCertificateStore(
  download: () => Promise<readonly X509Certificate[]>,
  { now, onNews }: { readonly now: () => number; readonly onNews: (news: CertificateNews) => void },
): CertificateStore {
  let certificates: readonly X509Certificate[] = [];
  let running: Promise<void> | undefined;
  let startedMs = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOpen = true;
  const absent = new Set<string>();

  const take = (fresh: readonly X509Certificate[]) => {
    const serials = serialsOf(fresh);
    if (serials.join() !== serialsOf(certificates).join()) {
      certificates = fresh;
      absent.clear();
      onNews({ kind: 'changed', serials });
    }
  };
  const refresh = async () => {
    startedMs = now();
    clearTimeout(timer);
    let next: number;
    try {
      take(await download());
      failures = 0;
      next = RENEW_MS * (1 - SPREAD * Math.random());
    } catch (error) {
      next =
        error instanceof NoCertificatesError
          ? RETRY_NONE_MS
          : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
      failures += 1;
      onNews({ kind: 'failed', problem: error instanceof Error ? error.message : 'unknown' });
    }
    if (isOpen) {
      timer = setTimeout(start, next).unref();
    }
  };
  const start = (): Promise<void> => {
    running ??= refresh().finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    certificates: () => certificates,
    learn: async (serial) => {
      const soon = running === undefined && now() - startedMs < LEARN_EVERY_MS;
      if (!isOpen || soon || (serial !== undefined && absent.has(serial))) {
        return;
      }
      await start();
      if (serial !== undefined && failures === 0 && !serialsOf(certificates).includes(serial)) {
        remember(absent, serial);
      }
    },
    begin: start,
    close: () => {
      isOpen = false;
      clearTimeout(timer);
    },
  };
}

function serialsOf(certificates: readonly X509Certificate[]): readonly string[] {
  return certificates.map(({ serialNumber }) => serialNumber).toSorted();
}

function remember(serials: Set<string>, serial: string): void {
  if (serials.size >= REMEMBERED) {
    serials.clear();
  }
  serials.add(serial);
}

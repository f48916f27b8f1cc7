import type { Plugin } from 'graphql-yoga';
import type { Ledger } from '../ledger/ledger.ts';
import type { NotificationOutcome } from '../ledger/records.ts';
import { within } from '../ledger/within.ts';
import type { CountedLog } from '../observability/log.ts';
import { handleNotification } from '../orders/notifications/handle-notification.ts';
import {
  type ReceivedNotification,
  UndecryptableNotificationError,
  UntrustedNotificationError,
  type WechatPay,
} from '../wechat/index.ts';
import { readLimited } from './use-http-rules.ts';

export interface NotifyOptions {
  readonly wechat: Pick<WechatPay, 'mchid' | 'readNotification'>;
  readonly ledger: Ledger;
  /** Strangers can cause its lines. */
  readonly log: CountedLog;
  /** Called with the outcome of each notification. */
  readonly onNotification: (outcome: NotificationReport) => void;
}

type NotificationReport =
  | NotificationOutcome
  | 'refused'
  | 'undecryptable'
  | 'not-stored'
  | 'too-long'
  | 'too-many'
  | 'cut-off'
  | 'elsewhere';

const PATH = /^\/wechat\/notify\/?$/;
/** The largest notification that the documents allow, of 100 fees, has some 40 KB. */
const MAX_BODY_BYTES = 64 * 1024;
/** Of all bodies that are being read or stored: some five thousand usual ones. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;
/** WeChat Pay waits for 5 s, then counts the notification as failed: this is a little earlier. */
const ANSWER_MS = 4_500;

/**
 * `POST /wechat/notify`: verified, decrypted, persisted, and only then 200. 4xx if it cannot be
 * proved to be from WeChat Pay, without a write; 5xx makes WeChat Pay send it again.
 */
export function useNotify(options: NotifyOptions): Plugin {
  const answer = createAnswer(options);
  return {
    onRequest: ({ request, url, endResponse, fetchAPI }) => {
      if (PATH.test(url.pathname)) {
        const status = request.method === 'POST' ? answer(request) : Promise.resolve(405);
        return status.then((known) => endResponse(acknowledgement(known, fetchAPI)));
      }
      if (isStray(request.method, (name) => request.headers.has(name))) {
        reportStray(options, url.pathname);
      }
      return undefined;
    },
  };
}

/** What WeChat Pay reads; only 200 ends its retries. */
function acknowledgement(
  status: number,
  { Response }: { readonly Response: typeof globalThis.Response },
): Response {
  const body =
    status === 200
      ? { code: 'SUCCESS', message: '成功' }
      : { code: 'FAIL', message: status < 500 ? 'refused' : 'retry' };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json',
      // The body may not have been read.
      ...(status !== 200 && { connection: 'close' }),
      ...(status === 405 && { allow: 'POST' }),
    },
  });
}

/** Whether a request for another path is a notification: its URL is wrong at WeChat Pay or a proxy. */
export function isStray(method: string | undefined, has: (name: string) => boolean): boolean {
  return method === 'POST' && (has('wechatpay-signature') || has('wechatpay-serial'));
}

/** Logs and counts such a request; of its path only whether something precedes the right one. */
export function reportStray(
  { log, onNotification }: Pick<NotifyOptions, 'log' | 'onNotification'>,
  path: string,
): void {
  onNotification('elsewhere');
  const why = /\/wechat\/notify\/?$/.test(path) ? 'path-prefix' : 'other-path';
  log.warn({ why }, 'webhook at a path other than /wechat/notify: check its URL and proxies');
}

/** A body that was not taken: it is too long, there are too many, or the sender did not finish it. */
class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly why: 'too-long' | 'too-many' | 'cut-off';

  constructor(why: BodyError['why']) {
    super(`The body of a notification was not read: ${why}.`);
    this.why = why;
  }
}

const BODY_STATUS = { 'too-long': 413, 'too-many': 503, 'cut-off': 408 } as const;

/** Bodies of senders that have only shown headers, all together bounded. */
function createBodyReader() {
  let held = 0;
  return async <T>(request: Request, use: (read: () => Promise<Buffer>) => Promise<T>) => {
    let own = 0;
    const hold = (bytes: number) => {
      own += bytes;
      held += bytes;
      if (held > MAX_HELD_BYTES) {
        throw new BodyError('too-many');
      }
    };
    const read = async () => {
      const body = await readLimited(request, MAX_BODY_BYTES, hold).catch((err: unknown) => {
        throw err instanceof BodyError ? err : new BodyError('cut-off');
      });
      if (body === undefined) {
        throw new BodyError('too-long');
      }
      return body;
    };
    try {
      return await use(read);
    } finally {
      held -= own;
    }
  };
}

/** The status that a notification gets. */
function createAnswer(options: NotifyOptions): (request: Request) => Promise<number> {
  const { wechat, ledger, log, onNotification } = options;
  const { mchid } = wechat;
  const withBody = createBodyReader();
  const take = async (message: ReceivedNotification) => {
    const notification = await wechat.readNotification(message);
    onNotification(await handleNotification(ledger, { mchid, counted: log }, notification));
    return 200;
  };
  return async (request) => {
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {});
    const taking = withBody(request, (read) =>
      take({
        header: (name) => request.headers.get(name),
        // A sender that stops and stays would be waited for, even after its connection is closed.
        body: () => Promise.race([read(), late.promise]),
      }),
    );
    const timer = setTimeout(() => late.reject(new BodyError('cut-off')), ANSWER_MS);
    try {
      // If it is stored after that, WeChat Pay's retry counts as a duplicate.
      const status = await within(ANSWER_MS + 1, taking, undefined);
      return status ?? refuse(new LateError(), options);
    } catch (err) {
      return refuse(err, options);
    } finally {
      clearTimeout(timer);
    }
  };
}

class LateError extends Error {
  override readonly name = 'LateError';
  override readonly message = 'The database did not answer in time.';
}

function refuse(err: unknown, { log, onNotification }: NotifyOptions): number {
  if (err instanceof UntrustedNotificationError) {
    const { why, details } = err;
    onNotification('refused');
    log.warn({ why, ...details }, 'webhook refused: not proved to be from WeChat Pay');
    return why === 'malformed' ? 400 : 401;
  }
  if (err instanceof BodyError) {
    onNotification(err.why);
    log.warn({ why: err.why }, 'webhook refused: its body was not read');
    return BODY_STATUS[err.why];
  }
  if (err instanceof UndecryptableNotificationError) {
    onNotification('undecryptable');
    log.error({ why: err.why }, 'webhook decryption failed: check WECHAT_APIV3_KEY');
    return 500;
  }
  onNotification('not-stored');
  log.error({ err }, 'storing a webhook failed, WeChat Pay will retry');
  return 503;
}

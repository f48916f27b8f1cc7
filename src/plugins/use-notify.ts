import type { Plugin } from 'graphql-yoga';
import type { Ledger } from '../ledger/ledger.ts';
import type { NotificationOutcome } from '../ledger/records.ts';
import { within } from '../ledger/within.ts';
import { handleNotification } from '../orders/notifications/handle-notification.ts';
import {
  type SignedMessage,
  UndecryptableNotificationError,
  UntrustedNotificationError,
  type WechatPay,
} from '../wechat/index.ts';
import { readLimited } from './use-http-rules.ts';

export interface NotifyOptions {
  readonly wechat: Pick<WechatPay, 'mchid' | 'readNotification'>;
  readonly ledger: Ledger;
  /** Called with the outcome of each notification. */
  readonly onNotification: (outcome: NotificationReport) => void;
}

type NotificationReport =
  | NotificationOutcome
  | 'refused'
  | 'undecryptable'
  | 'not-stored'
  | 'too-long';

const PATH = '/wechat/notify';
const MAX_BODY_BYTES = 64 * 1024;
/** WeChat Pay waits for 5 s, then counts the notification as failed: this is a little earlier. */
const ANSWER_MS = 4_500;

/**
 * `POST /wechat/notify`: verified, decrypted, persisted, and only then 200. 4xx if it cannot be
 * proved to be from WeChat Pay, without a write; 5xx makes WeChat Pay send it again.
 */
export function useNotify(options: NotifyOptions): Plugin {
  return {
    onRequest: async ({ request, url, endResponse, fetchAPI }) => {
      if (url.pathname !== PATH) {
        return;
      }
      const status = request.method === 'POST' ? await answer(request, options) : 405;
      const body =
        status === 200
          ? { code: 'SUCCESS', message: '成功' }
          : { code: 'FAIL', message: status < 500 ? 'refused' : 'retry' };
      endResponse(
        new fetchAPI.Response(JSON.stringify(body), {
          status,
          headers: {
            'content-type': 'application/json',
            ...(status === 405 && { allow: 'POST' }),
          },
        }),
      );
    },
  };
}

async function answer(
  request: Request,
  { wechat, ledger, onNotification }: NotifyOptions,
): Promise<number> {
  try {
    const body = await readLimited(request, MAX_BODY_BYTES);
    if (body === undefined) {
      onNotification('too-long');
      return 413;
    }
    const message = { header: (name: string) => request.headers.get(name), body };
    // If it is stored after that, WeChat Pay's retry counts as a duplicate.
    return await within(ANSWER_MS, take(message, { wechat, ledger, onNotification }), 503);
  } catch (err) {
    if (err instanceof UntrustedNotificationError) {
      onNotification('refused');
      ledger.log.warn({ why: err.why }, 'webhook refused: not proved to be from WeChat Pay');
      return err.why === 'malformed' ? 400 : 401;
    }
    const what =
      err instanceof UndecryptableNotificationError
        ? 'webhook decryption failed: check WECHAT_APIV3_KEY'
        : 'storing a webhook failed, WeChat Pay will retry';
    onNotification(err instanceof UndecryptableNotificationError ? 'undecryptable' : 'not-stored');
    ledger.log.error({ err }, what);
    return err instanceof UndecryptableNotificationError ? 500 : 503;
  }
}

async function take(
  message: SignedMessage,
  { wechat, ledger, onNotification }: NotifyOptions,
): Promise<number> {
  onNotification(await handleNotification(ledger, wechat, await wechat.readNotification(message)));
  return 200;
}

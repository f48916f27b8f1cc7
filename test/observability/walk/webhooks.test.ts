import { afterAll, expect, test } from 'vitest';
import type {
  UndecryptableNotificationError,
  UntrustedNotificationError,
} from '../../../src/wechat/index.ts';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { OPENID, PLACE } from '../../fixtures/app/operation-lines.ts';
import { PERSONAL } from '../../fixtures/graphql/inputs.ts';
import { certificateOf, rsaKeys } from '../../fixtures/wechat/keys.ts';
import {
  NOW_SECONDS,
  notificationBody,
  notificationOptions,
  OTHER_APIV3_KEY,
  post,
  signedHeaders,
} from '../../fixtures/wechat/sdk-notification.ts';
import { type Cause, checkRunbook, walk } from './walk.ts';

const DAY_MS = 86_400_000;
const PRESENT_MS = NOW_SECONDS * 1_000;
const EXPIRED = { ...rsaKeys(), serial: '4B01' };
const TO_COME = { ...rsaKeys(), serial: '4B02' };
const personal = { ...PERSONAL, openid: OPENID, service_start_location: PLACE };
const body = notificationBody({ order: personal });
const signed = signedHeaders(body);

type Sent = readonly [body: string, headers: Readonly<Record<string, string>>];

const signedBy = ({ serial, privatePem }: typeof EXPIRED): Sent => [
  body,
  signedHeaders(body, { serial, privatePem }),
];
const withHeaders = (changes: Readonly<Record<string, string>>): Sent => [
  body,
  { ...signed, ...changes },
];

/** What causes each refusal: the compiler finds one that is missing. */
const REFUSALS: Readonly<Record<UntrustedNotificationError['why'], Sent>> = {
  unsigned: withHeaders({ 'Wechatpay-Nonce': '' }),
  'unreadable-header': withHeaders({ 'Wechatpay-Timestamp': 'today' }),
  'outside-window': [body, signedHeaders(body, { timestamp: NOW_SECONDS - 400 })],
  'unknown-serial': [body, signedHeaders(body, { serial: 'PUB_KEY_ID_1' })],
  'expired-certificate': signedBy(EXPIRED),
  'not-yet-valid-certificate': signedBy(TO_COME),
  probe: withHeaders({ 'Wechatpay-Signature': `WECHATPAY/SIGNTEST/${signed['Wechatpay-Nonce']}` }),
  'wrong-signature': withHeaders({ 'Wechatpay-Nonce': 'x' }),
  malformed: ['[]', signedHeaders('[]')],
};
const OTHER_ALGORITHM = body.replace('AEAD_AES_256_GCM', 'AEAD_SM4_GCM');
const OTHER_KEY = notificationBody({ apiv3Key: OTHER_APIV3_KEY });
const UNDECRYPTABLE: Readonly<Record<UndecryptableNotificationError['why'], Sent>> = {
  'other-key': [OTHER_KEY, signedHeaders(OTHER_KEY)],
  'other-algorithm': [OTHER_ALGORITHM, signedHeaders(OTHER_ALGORITHM)],
};
const LONG = `${body}${' '.repeat(64 * 1024)}`;

/** A merchant that knows certificates of the past and of the future too. */
const opened = () =>
  createAppWithClient({
    wechat: notificationOptions({
      platformCertificates: [
        certificateOf(EXPIRED, EXPIRED.serial, PRESENT_MS - 2_000 * DAY_MS),
        certificateOf(TO_COME, TO_COME.serial, PRESENT_MS + 2 * DAY_MS),
      ].join('\n'),
    }),
  });

const servers = new Set<AppWithClient>();
const server = async () => {
  const one = await opened();
  servers.add(one);
  return one;
};
afterAll(() => Promise.all([...servers].map((one) => one.close())));

const notified =
  (...sent: readonly Sent[]): Cause =>
  async (again) => {
    const one = await server();
    await again(async () => {
      for (const [text, headers] of sent) {
        await post(one, text, headers);
      }
    });
    return one.log;
  };

const ofOrder = (order: Parameters<typeof notificationBody>[0]): Sent => {
  const text = notificationBody(order);
  return [text, signedHeaders(text)];
};

/** Bodies that never end, of which the last is one too many; they are cut off afterwards. */
const notRead: Cause = async (again) => {
  const one = await server();
  const ends: (() => void)[] = [];
  const begin = (bytes: number) => {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(Buffer.alloc(bytes, 32));
        ends.push(() => controller.error(new Error('the sender has left')));
      },
    });
    const init = { method: 'POST', headers: signed, body: stream, duplex: 'half' };
    return one.app.fetch(new Request('http://app/wechat/notify', init));
  };
  const most = Math.ceil((8 * 1024 * 1024) / 65_000);
  const slow = Array.from({ length: most }, () => begin(65_000));
  await expect
    .poll(async () => {
      await begin(65_000);
      return one.log.text();
    })
    .toContain('too-many');
  await again(() => begin(65_000));
  for (const end of ends) {
    end();
  }
  await Promise.all(slow);
  await again(() => post(one, LONG, signedHeaders(LONG)));
  return one.log;
};

test('the runbook explains each reason for which a webhook is refused', () => {
  checkRunbook([...Object.keys(REFUSALS), ...Object.keys(UNDECRYPTABLE)]);
});

walk('Webhooks of WeChat Pay', {
  'webhook refused: not proved to be from WeChat Pay': notified(...Object.values(REFUSALS)),
  'webhook refused: its body was not read': notRead,
  'webhook at a path other than /wechat/notify: check its URL and proxies': async (again) => {
    const one = await server();
    for (const path of ['/shop/wechat/notify', '/wechat/other']) {
      const init = { method: 'POST', headers: signed, body };
      await again(() => one.app.fetch(new Request(`http://app${path}`, init)));
    }
    return one.log;
  },
  'webhook decryption failed: check WECHAT_APIV3_KEY': notified(...Object.values(UNDECRYPTABLE)),
  'storing a webhook failed, WeChat Pay will retry': async (again) => {
    const saveNotification = () => Promise.reject(new Error('database or disk is full'));
    const one = await createAppWithClient({
      wechat: notificationOptions(),
      ledger: (real) => ({ ...real, saveNotification }),
    });
    servers.add(one);
    await again(() => post(one, body, signed));
    return one.log;
  },
  'webhook contradicts the ledger, not applied': notified(
    ofOrder({ order: { ...personal, mchid: '1' } }),
  ),
  'webhook about the service of a user, stored only': notified(
    ofOrder({
      eventType: 'PAYSCORE.USER_OPEN_SERVICE',
      order: {
        ...{ openid: OPENID, out_order_no: undefined, state: undefined },
        user_service_status: 'USER_OPEN_SERVICE',
      },
    }),
  ),
  'webhook of an unknown kind, stored only': notified(
    ofOrder({ eventType: 'OTHER.KIND', order: { out_order_no: undefined, state: undefined } }),
  ),
});

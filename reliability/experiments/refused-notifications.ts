import { createHash } from 'node:crypto';
import { all, atMost, type Experiment, none } from '../experiment.ts';
import { count } from '../support/databases.ts';
import { makeNotification } from '../support/notifications.ts';
import type { Variables } from '../support/server.ts';
import { setUp } from '../support/setup.ts';
import { makeWechatKeys, type WechatKeys } from '../support/wechat-keys.ts';

const SIZES = { full: 100, quick: 10 } as const;
const SKEW_S = 301;
/** With a margin, because a busy machine may deliver it a little later. */
const AHEAD_S = 330;

/** Notifications that are forged or outdated: rejected, and nothing is written. */
export const refusedNotifications: Experiment = {
  goal: 'G10',
  name: 'refused-notifications',
  minutes: 0.5,
  run: async (scale, environment) => {
    const times = SIZES[scale];
    await using setup = await setUp(environment, { connections: 16 });
    const { keys, stub, database, server, poster } = setup;
    const rows = [];
    for (const [what, spoil] of Object.entries(SPOILT)) {
      const statuses = await Promise.all(
        Array.from({ length: times }, async (_, index) => {
          const notification = await makeNotification(keys, `R${index}`, 'USER_PAID');
          return await poster.notification(await spoil(keys, notification));
        }),
      );
      const refused = statuses.filter((status) => status >= 400 && status < 500).length;
      rows.push(all(`${what}: refused with 4xx`, `${times} webhooks`, refused, times));
    }
    const size = `${times * rows.length} webhooks`;
    const tables = ['notifications', 'orders', 'events', 'intents'];
    const counts = tables.map((table) => count(database, `select count(*) from ${table}`));
    const written = (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
    return [
      ...rows,
      none('rows written', size, written),
      atMost('fetches of the keys because of them', size, stub.certificateCalls(), 1),
      none('errors in the log', size, server.errors.size),
    ];
  },
};

interface Sent {
  readonly body: string;
  readonly headers: Variables;
}

const SPOILT: Readonly<Record<string, (keys: WechatKeys, whole: Sent) => Promise<Sent>>> = {
  'one byte changed': (_, { body, headers }) =>
    Promise.resolve({ headers, body: body.replace('encrypt-resource', 'encrypt-resourcE') }),
  '301 s old': async (keys, { body }) => ({ body, headers: await keys.sign(body, -SKEW_S) }),
  '330 s ahead': async (keys, { body }) => ({ body, headers: await keys.sign(body, AHEAD_S) }),
  'of an unknown key': (_, { body, headers }) =>
    Promise.resolve({
      body,
      headers: {
        ...headers,
        'wechatpay-serial': createHash('sha1').update(body).digest('hex').toUpperCase(),
      },
    }),
  'signed by another key': async (_, { body }) => ({
    body,
    headers: await makeWechatKeys().sign(body),
  }),
  'a probe of WeChat Pay': (_, { body, headers }) =>
    Promise.resolve({
      body,
      headers: {
        ...headers,
        'wechatpay-signature': `WECHATPAY/SIGNTEST/${headers['wechatpay-signature']}`,
      },
    }),
  'not signed': (_, { body }) => Promise.resolve({ body, headers: {} }),
};

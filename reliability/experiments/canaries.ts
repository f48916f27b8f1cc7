import { startSandbox } from '../../src/sandbox/index.ts';
import { type Experiment, holds, none, type Row } from '../experiment.ts';
import { control } from '../support/expected-state.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { makeNotification } from '../support/notifications.ts';
import { createPoster } from '../support/post.ts';
import { startServer } from '../support/server.ts';
import { PERSON, type Watch } from '../support/watch.ts';
import { makeWechatKeys } from '../support/wechat-keys.ts';

const { name, phone, openid, attach } = PERSON;
const FAULTS = ['reset-before', 'reset-after', 'truncate', 'unsigned', 'wrong-signature'] as const;
const SIZES = { full: 20, quick: 1 } as const;

/**
 * Personal data in every input, valid and invalid, while WeChat Pay fails: it must not leak
 * anywhere.
 */
export const canaries: Experiment = {
  goal: 'G12',
  name: 'canaries',
  minutes: 1,
  run: async (scale, environment) => {
    await using directory = await environment.workdir();
    await using stack = new AsyncDisposableStack();
    const sandbox = await startSandbox();
    stack.defer(() => sandbox.close());
    const server = stack.use(
      await startServer(directory, {
        ...sandbox.credentials,
        WECHAT_TIMEOUT_MS: '1500',
        DATABASE_URL: `sqlite:${directory.path}/ledger.db`,
        DATA_KEY: Buffer.alloc(32, 9).toString('base64'),
      }),
    );
    const poster = stack.use(createPoster(server.url, 8));
    const before = environment.watch.hits.length;
    let answers = 0;
    const send = async (body: string) => {
      const answer = await poster.send(body);
      answers += answer === undefined ? 0 : 1;
      environment.watch.look('answer', `${JSON.stringify(answer?.headers)} ${answer?.text}`);
    };
    for (let round = 0; round < SIZES[scale]; round += 1) {
      for (const fault of [undefined, ...FAULTS]) {
        if (fault) {
          await control(sandbox.url, 'POST', '/sandbox/faults', { on: 'any', fault, times: 6 });
        }
        await Promise.all(bodies(`CAN-${round}-${fault ?? 'none'}`).map(send));
        await control(sandbox.url, 'DELETE', '/sandbox/faults');
      }
      // Signed with keys that are not WeChat Pay's here: refused, with personal data in them.
      const notification = await makeNotification(makeWechatKeys(), `CAN-${round}`, 'USER_PAID');
      await poster.notification({
        ...notification,
        body: notification.body.replace('先享后付', name),
      });
      environment.watch.look('metrics', (await poster.text('/metrics')) ?? '');
    }
    const size = `${answers} answers, log, metrics and database of this server`;
    const hits = environment.watch.hits
      .slice(before)
      .map(({ what, where }) => `${what} in ${where}`);
    return [
      none(`personal data or secrets leaked${example(hits)}`, size, hits.length),
      holds('the process', size, server.isRunning() ? 'lives' : 'died', 'lives'),
    ];
  },
};

/** For the end of the run, after every server has written its files. */
export function wholeRun({ hits, looked }: Watch): readonly Row[] {
  const { places, bytes } = looked();
  const size = `${places} outputs and files of all servers, ${Math.round(bytes / 2 ** 20)} MB`;
  const found = hits.map(({ what, where }) => `${what} in ${where}`);
  return [none(`personal data or secrets in this whole run${example(found)}`, size, found.length)];
}

function example(found: readonly string[]): string {
  return found[0] === undefined ? '' : ` (first: ${found[0]})`;
}

/** Valid bodies, invalid ones, and ones that are not GraphQL. */
function bodies(outOrderNo: string): readonly string[] {
  const input = inputOf('create', outOrderNo, 1);
  const graphql = (query: string, variables: object = {}) => JSON.stringify({ query, variables });
  const whole = graphql(CREATE, { input });
  const change = (field: string, type: string, more: object) =>
    graphql(`mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`, {
      input: { outOrderNo, ...more },
    });
  return [
    whole,
    graphql(CREATE, { input: { ...input, riskAmount: phone } }),
    graphql(CREATE, { input: { ...input, [name]: phone, phone: [phone] } }),
    graphql(CREATE, { input: { ...input, attach: `${attach}${'x'.repeat(2_000)}` } }),
    graphql(`mutation { createPayAfterOrder(input: { name: "${name}", phone: ${phone} }) { x } }`),
    graphql(`{ userServiceState(openid: "${openid}") { useServiceState nothing } }`),
    graphql(`{ userServiceState(openid: "${openid}") { useServiceState } }`),
    graphql(`{ payAfterOrder(by: { outOrderNo: "${phone}${name}" }) { state } }`),
    graphql('subscription ($a: String) { orderEvents(after: $a) { id } }', { a: openid }),
    change('completePayAfterOrder', 'CompletePayAfterOrderInput', {
      finishType: 'FINISHED',
      totalAmount: name,
    }),
    change('cancelPayAfterOrder', 'CancelPayAfterOrderInput', { reason: `${name}${phone}` }),
    change('syncPayAfterOrder', 'SyncPayAfterOrderInput', { type: name }),
    whole.slice(0, whole.indexOf(phone) + phone.length),
    `[${whole}]`,
    `${whole}${name}`,
  ];
}

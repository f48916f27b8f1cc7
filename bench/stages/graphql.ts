import { decode } from '../../src/wechat/codec/codec.ts';
import { payAfterOrder } from '../../src/wechat/codec/wire-types.ts';
import { createTestApp, graphqlRequest, stubWechat } from '../../test/fixtures/app/test-app.ts';
import { orderAnswer } from '../work/order.ts';
import { QUERY } from '../work/requests.ts';
import type { StageWork } from './stage.ts';

const NUMBER = 'Q000000000001';

/**
 * The stages of a query inside of the GraphQL server; WeChat Pay is stubbed and responds
 * immediately.
 */
export async function graphqlStages(): Promise<readonly StageWork[]> {
  const wire: Readonly<Record<string, unknown>> = JSON.parse(orderAnswer(NUMBER));
  const order = decode(payAfterOrder, wire, () => {}) ?? null;
  const app = createTestApp({
    wechat: stubWechat({ queryPayAfterOrder: () => Promise.resolve(order) }),
  });
  const body = JSON.stringify({ query: QUERY, variables: { no: NUMBER } });
  const params = { query: QUERY, variables: { no: NUMBER } };
  const request = graphqlRequest(body);
  const { schema, parse, validate, execute, contextFactory } = app.enveloped({ request, params });
  const document = parse(QUERY);
  const executeOnce = async () => {
    const contextValue = await contextFactory();
    return await execute({ schema, document, variableValues: params.variables, contextValue });
  };
  const result = await executeOnce();
  return [
    {
      name: 'parse + validate',
      what: 'the query document, cached',
      run: (times) => {
        for (let time = 0; time < times; time += 1) {
          validate(schema, parse(QUERY));
        }
      },
    },
    {
      name: 'execute',
      what: 'the query: context, resolvers, 24 fields and two lists',
      run: async (times) => {
        for (let time = 0; time < times; time += 1) {
          await executeOnce();
        }
      },
    },
    {
      name: 'serialise',
      what: 'its result to JSON',
      run: (times) => {
        for (let time = 0; time < times; time += 1) {
          JSON.stringify(result);
        }
      },
    },
    {
      name: 'whole request',
      what: 'all of that and every plugin, over the fetch handler, without HTTP',
      run: async (times) => {
        for (let time = 0; time < times; time += 1) {
          const answer = await app.fetch(graphqlRequest(body));
          await answer.text();
        }
      },
    },
  ];
}

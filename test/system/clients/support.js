/** What each program gets: where the server is, and a credential. */
export const [, , url = '', authorization = '', folder = ''] = process.argv;

/** A query of an order, and a mutation that creates it. */
export const QUERY = `query Order($outOrderNo: String!) {
  payAfterOrder(by: { outOrderNo: $outOrderNo }) {
    __typename
    state
  }
}`;
export const CREATE = `mutation Create($input: CreatePayAfterOrderInput!) {
  createPayAfterOrder(input: $input) {
    __typename
  }
}`;
export const EVENTS = `subscription Events($outOrderNo: String!) {
  orderEvents(outOrderNo: $outOrderNo, after: "0") {
    __typename
    status
  }
}`;
export const BY = { outOrderNo: 'CLIENT-1' };
export const INPUT = {
  outOrderNo: 'CLIENT-1',
  serviceIntroduction: '骑行',
  serviceStartTime: 'OnAccept',
  serviceStartLocation: '深圳',
  riskAmount: 10_000,
};

/** The platform's fetch, with the methods of the requests that a client sent through it. */
export function recordingFetch() {
  const methods = [];
  const recorded = (input, init) => {
    methods.push(init?.method ?? 'GET');
    return fetch(input, init);
  };
  return { fetch: recorded, methods };
}

/** Runs each case, and prints the results as JSON. */
export async function report(cases) {
  const results = {};
  for (const [name, run] of Object.entries(cases)) {
    results[name] = await run();
  }
  process.stdout.write(JSON.stringify(results));
}

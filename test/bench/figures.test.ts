import { describe, expect, test } from 'vitest';
import { OURS, PEERS } from '../../bench/candidates.ts';
import { type Comparison, middle } from '../../bench/compare.ts';
import { readAnswer } from '../../bench/load/connection.ts';
import { outOrderNo } from '../../bench/load/lanes.ts';
import type { Sample } from '../../bench/measure.ts';
import { readProfile } from '../../bench/profile/read.ts';
import { goalsOf } from '../../bench/report/goals.ts';
import { ratiosPicture } from '../../bench/report/ratios.ts';
import { median, percentile } from '../../bench/report/statistics.ts';
import { comparisonTables } from '../../bench/report/tables.ts';
import { SCENARIOS } from '../../bench/scenarios.ts';
import { timeStage } from '../../bench/stages/stage.ts';
import { NUMBER_LENGTH, requestText } from '../../bench/work/requests.ts';

const PLAIN: Sample = {
  perSecond: 1_000,
  cpuUs: 1_100,
  otherThreadsUs: 100,
  p50Ms: 60,
  p99Ms: 900,
  p999Ms: 1_200,
  loopDelayP99Ms: 20,
  rssMb: 300,
  upstreamCalls: 1,
  refused: 0,
};
const FAST: Sample = {
  perSecond: 4_000,
  cpuUs: 400,
  otherThreadsUs: 200,
  p50Ms: 15,
  p99Ms: 200,
  p999Ms: 250,
  loopDelayP99Ms: 4,
  rssMb: 200,
  upstreamCalls: 0.01,
  refused: 0,
};

/** Every scenario with ours and all peers. */
function comparison(ours: Sample, peers: Sample): Comparison {
  const results = SCENARIOS.flatMap((scenario) =>
    [OURS, ...PEERS].map((candidate) => ({
      scenario,
      candidate,
      sample: candidate.isOurs ? ours : peers,
    })),
  );
  const memory = [OURS, ...PEERS].map((candidate) => {
    const { rssMb } = candidate.isOurs ? ours : peers;
    return { candidate, atRest: rssMb - 50, afterLoad: rssMb, later: rssMb };
  });
  return { results, memory, inspected: 100, bad: 0, faults: [] };
}

describe('figures', () => {
  test('medians are the middle, or the mean of the middle two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
    expect(median([])).toBeNaN();
  });

  test('a percentile is a value of the sample', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => index);
    expect(percentile(values, 0.5)).toBe(500);
    expect(percentile(values, 0.99)).toBe(990);
    expect(percentile([7], 0.99)).toBe(7);
  });

  test('of several samples each field has a median of its own', () => {
    const samples = [PLAIN, { ...PLAIN, perSecond: 10, cpuUs: 5_000 }, FAST];
    expect(middle(samples)).toMatchObject({ perSecond: 1_000, cpuUs: 1_100 });
  });
});

describe('goals', () => {
  test('a goal is reached if ours is that much better than the best peer', () => {
    const goals = goalsOf(comparison(FAST, PLAIN));
    expect(goals.map(({ reached }) => reached)).toEqual(Array(goals.length).fill(true));
  });

  test('a goal is missed if ours is only as good', () => {
    const goals = goalsOf(comparison(PLAIN, PLAIN));
    const missed = goals.filter(({ reached }) => !reached).map(({ what }) => what);
    expect(missed).toContain('resident memory after the whole run');
    expect(missed).toContain('create, 1 in flight: p50, beside the peer with one');
    expect(goals.filter(({ reached }) => reached).map(({ what }) => what)).toEqual([
      'query, 1 in flight: throughput',
      'query, 1 in flight: p50',
      'create, 1 in flight: p50, beside peers without a disk',
      'query, open loop 400/s: p99',
      'create, open loop 400/s: p99',
      'service order query, 1 in flight: throughput',
      'service order query, 1 in flight: p50',
      'service order create, 1 in flight: p50, beside peers without a disk',
    ]);
  });

  test('a goal is omitted if its scenario did not run', () => {
    expect(goalsOf({ results: [], memory: [], inspected: 0, bad: 0, faults: [] })).toEqual([]);
  });
});

test('a table names every server, with our ratio to each peer', () => {
  const text = comparisonTables(comparison(FAST, PLAIN));
  expect(text).toContain(
    '| Express 5 + wechatpay-axios-plugin | 4.00 × | 1,000 | 1100 µs | 60 ms / 900 ms / 1200 ms | 20 ms | 300 MB | 100 % | 0 % |',
  );
  expect(text).toContain('| **payafter-graphql** |  | 4,000 | 400 µs |');
});

test('the picture has a bar for every server in every scenario, as long as its ratio', () => {
  const svg = ratiosPicture(comparison(FAST, PLAIN));
  const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"[^>]*class="(\w+)"/g)];
  expect(widths).toHaveLength(SCENARIOS.length * (PEERS.length + 1));
  const ours = Number(widths.find(([, , kind]) => kind === 'ours')?.[1]);
  const peer = Number(widths.find(([, , kind]) => kind === 'peer')?.[1]);
  expect(ours / peer).toBeCloseTo(4, 2);
  expect(svg).toContain('prefers-color-scheme: dark');
});

describe('requests', () => {
  test.each([
    ['graphql', 'query'],
    ['graphql', 'create'],
    ['rest', 'query'],
    ['rest', 'create'],
    ['graphql', 'service-query'],
    ['graphql', 'service-create'],
    ['rest', 'service-query'],
    ['rest', 'service-create'],
  ] as const)(
    'a request of %s for a %s has the announced length, with any number',
    (style, operation) => {
      const { before, after } = requestText(style, operation, { authorization: 'Bearer x' });
      const text = before + outOrderNo('N', Date.now() % 1e11) + after;
      const [head = '', body = ''] = text.split('\r\n\r\n');
      expect(head).toContain('authorization: Bearer x');
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
      expect(Buffer.byteLength(body)).toBe(length);
      expect(outOrderNo('Q', 7)).toHaveLength(NUMBER_LENGTH);
    },
  );

  test('a response is complete by its length or its last chunk', () => {
    const known = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n';
    expect(readAnswer(Buffer.from('HTTP/1.1 200 OK\r\n'))).toBeUndefined();
    expect(readAnswer(Buffer.from(`${known}abc`))).toBeUndefined();
    const answer = readAnswer(Buffer.from(`${known}abcd`));
    expect(answer?.status).toBe(200);
    expect(answer?.body.toString()).toBe('abcd');
    const chunked = 'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n';
    expect(readAnswer(Buffer.from(chunked))).toBeUndefined();
    expect(readAnswer(Buffer.from(`${chunked}0\r\n\r\n`))?.status).toBe(404);
  });
});

test('a profile is summed up by package and module, without idle time', () => {
  const at = (url: string, functionName: string) => {
    return { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 };
  };
  const nodes = [
    { id: 1, callFrame: at('', '(root)'), children: [2, 3, 5, 6] },
    { id: 2, callFrame: at('', '(idle)') },
    { id: 3, callFrame: at('file:///x/node_modules/@a/b/index.js', 'f'), children: [4] },
    { id: 4, callFrame: at('', 'native') },
    { id: 5, callFrame: at('file:///x/src/orders/store/sqlite.ts', 'g'), children: [7] },
    { id: 6, callFrame: at('node:internal/crypto/sig', 'sign') },
    { id: 7, callFrame: at('', 'run') },
  ];
  const samples = [2, 3, 4, 5, 6, 7];
  const timeDeltas = [500, 100, 100, 100, 100, 100];
  const { byCategory, busy } = readProfile(
    { nodes, samples, timeDeltas, startTime: 0, endTime: 1 },
    3,
  );
  expect(busy).toBe(0.5);
  expect(Object.fromEntries(byCategory.map(({ name, share }) => [name, share]))).toEqual({
    '@a/b': 0.4,
    'src/orders/store': 0.2,
    'node:crypto': 0.2,
    'node:sqlite': 0.2,
  });
});

test('a stage is timed over as many iterations as it needs', async () => {
  let nowMs = 0;
  let turns = 0;
  const run = (times: number) => {
    turns += times;
    nowMs += times * 0.02;
  };
  const stage = await timeStage({ name: 'wait', what: 'nothing', run }, 5, () => nowMs);
  expect(stage.fastestUs).toBeCloseTo(20);
  expect(stage.us).toBeCloseTo(20);
  expect(turns).toBeGreaterThan(7 * 250);
});

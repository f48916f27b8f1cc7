import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/observability/metrics.ts';
import { codeIn, read } from '../fixtures/docs/documents.ts';
import { namesIn, rowsOf } from '../fixtures/docs/tables.ts';
import { root } from '../fixtures/process/spawned-server.ts';

const PAGE = 'docs/reference/metrics.md';
const RUNBOOKS = ['docs/operations/runbook.md', 'docs/zh/operations/runbook.md'];

const metrics = createMetrics({ ofProcess: true });
metrics.countOpenIntents(() => Promise.resolve(0));
metrics.followReconcilerLag(() => Promise.resolve(0));
const shown = await metrics.show();
const types = new Map(
  [...shown.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
);

describe('the reference of metrics', () => {
  const rows = rowsOf(PAGE, 'Metric');

  test('the reference of metrics names every metric of this server with its type', () => {
    const documented = rows.map(([name = '', type]) => [codeIn(name)[0], type]);
    const own = [...types].filter(([name]) => name.startsWith('payafter_'));
    expect(documented.toSorted()).toEqual(own.toSorted());
  });

  test('the reference of metrics names the labels of every metric', () => {
    const source = read('src/observability/metrics.ts');
    for (const [name = '', , labels = ''] of rows) {
      const [, after = ''] = source.split(`name: '${codeIn(name)[0]}'`);
      const [declared = ''] = after.split('}', 1);
      const [, list = ''] = /labelNames: \[([^\]]*)\]/.exec(declared) ?? [];
      expect(codeIn(labels), name).toEqual(list.match(/\w+/g) ?? []);
    }
  });

  test('the reference of metrics names every kind and code of an attempt, step of a write and outcome of a webhook', () => {
    const values = (label: string) =>
      rowsOf(PAGE, 'Label')
        .filter(([name = '']) => name === label)
        .flatMap(([, value = '']) => codeIn(value))
        .toSorted();
    expect(values('`kind`')).toEqual(
      [...read('src/wechat/calls/retry-policy.ts').matchAll(/readonly kind: '([\w-]+)'/g)]
        .map(([, kind]) => kind)
        .toSorted(),
    );
    const [labels = ''] =
      /const LABELS[\s\S]*?\n}\n/.exec(read('src/wechat/calls/retry-policy.ts')) ?? [];
    const codes = [...labels.matchAll(/'([A-Z_]{2,})'/g)].map(([, code = '']) => code);
    const reasons = [
      ...typeIn('src/wechat/calls/retry-policy.ts', 'NotAcceptedReason'),
      ...typeIn('src/wechat/errors.ts', 'UnknownOutcomeReason'),
    ];
    // The last one is of no attempt, but of several calls.
    const known = new Set([...codes, ...reasons].filter((code) => code !== 'UNDETERMINED'));
    expect(values('`code`')).toEqual([...known].toSorted());
    const intentSteps = [
      ...typeIn('src/ledger/records.ts', 'IntentStatus'),
      ...typeIn('src/ledger/ledger.ts', 'IntentStep'),
    ];
    expect(values('`step`')).toEqual(intentSteps.toSorted());
    const outcomes = [
      ...typeIn('src/ledger/records.ts', 'NotificationOutcome'),
      ...typeIn('src/plugins/use-notify.ts', 'NotificationReport'),
    ];
    expect(values('`outcome` of a webhook')).toEqual(outcomes.toSorted());
  });

  test('the reference of metrics names metrics of the process that exist', () => {
    const names = namesIn(rowsOf(PAGE, 'Process metric'));
    expect(names.filter((name) => !types.has(name))).toEqual([]);
  });
});

test.each(RUNBOOKS)('%s asks only for metrics that exist', (page) => {
  const named = [...read(page).matchAll(/\b(?:payafter|nodejs|process)_[a-z_0-9]+/g)].map(
    ([name]) => name.replace(/_(bucket|count|sum)$/, ''),
  );
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !types.has(name))).toEqual([]);
});

/** The words of a union of literals. */
function typeIn(file: string, name: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const [, union = ''] = new RegExp(`type ${name} =([^;]+);`).exec(text) ?? [];
  return [...union.matchAll(/'([\w-]+)'/g)].map(([, word = '']) => word);
}

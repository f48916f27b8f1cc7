import { describe, expect, test } from 'vitest';
import { notificationControls } from '../../src/sandbox/controls/notifications.ts';
import { orderControls } from '../../src/sandbox/controls/orders.ts';
import { serviceOrderControls } from '../../src/sandbox/controls/service-orders.ts';
import { identityControls, stateControls } from '../../src/sandbox/controls/state.ts';
import { trafficControls } from '../../src/sandbox/controls/traffic.ts';
import { FAULTS, NOTICE_FAULTS, OTHER_ANSWERS } from '../../src/sandbox/faults/fault.ts';
import { DEFAULT_RULES } from '../../src/sandbox/rules.ts';
import { codeIn } from '../fixtures/docs/documents.ts';
import { namesIn, rowsOf } from '../fixtures/docs/tables.ts';

const PAGE = 'docs/reference/sandbox.md';

describe('the reference of the sandbox', () => {
  test('the reference of the sandbox names every control with an example of its body', () => {
    const controls = [
      ...identityControls,
      ...orderControls,
      ...serviceOrderControls,
      ...notificationControls,
      ...stateControls,
      ...trafficControls,
    ].map(({ method, path, example }) => [`${method} ${path}`, ...(example ? [example] : [])]);
    const shown = rowsOf(PAGE, 'Control').map(([name = '', body = '']) => [
      ...codeIn(name),
      ...codeIn(body),
    ]);
    expect(shown.toSorted()).toEqual(controls.toSorted());
  });

  test('the reference of the sandbox names every fault of a call, and whether the call takes effect', () => {
    const shown = rowsOf(PAGE, '`fault` of a call').map(([name = '', effect]) => [
      codeIn(name)[0],
      effect === 'yes',
    ]);
    const faults = Object.entries(FAULTS).map(([name, { takesEffect }]) => [name, takesEffect]);
    expect(shown.toSorted()).toEqual(faults.toSorted());
  });

  test('the reference of the sandbox names every answer that can take the place of the true one', () => {
    const row = rowsOf(PAGE, '`fault` of a call').find(([name]) => name === '`other-answer`');
    expect(codeIn(row?.[2] ?? '')).toEqual(['of', ...OTHER_ANSWERS]);
  });

  test('the reference of the sandbox names every fault of a webhook', () => {
    const shown = namesIn(rowsOf(PAGE, '`fault` of a notification'));
    expect(shown.toSorted()).toEqual(NOTICE_FAULTS.toSorted());
  });

  test('the reference of the sandbox names every switch with its default', () => {
    const rows = [...rowsOf(PAGE, 'Switch'), ...rowsOf(PAGE, 'Switch of service orders')];
    const shown = rows.map(([name = '', value = '']) => [...codeIn(name), ...codeIn(value)]);
    const defaults = Object.entries(DEFAULT_RULES).map(([name, value]) => [name, String(value)]);
    expect(shown.toSorted()).toEqual(defaults.toSorted());
  });
});

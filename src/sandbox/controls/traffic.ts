import { readFaults } from '../faults/read.ts';
import type { Control } from './control.ts';

const listFaults: Control = {
  method: 'GET',
  path: '/sandbox/faults',
  zh: '生效中的故障',
  en: 'the active faults',
  handle: (_call, { faults }) => faults.list(),
};

const addFaults: Control = {
  method: 'POST',
  path: '/sandbox/faults',
  zh: '注入故障，"on":"notify" 为通知的故障',
  en: 'inject faults into calls, or into notifications with "on":"notify"',
  example: '{"on":"create","fault":"latency","ms":3000,"times":2}',
  handle: ({ body }, { faults }) => {
    faults.add(readFaults(body));
    return faults.list();
  },
};

const clearFaults: Control = {
  method: 'DELETE',
  path: '/sandbox/faults',
  zh: '清除故障',
  en: 'clear the faults',
  handle: (_call, { faults }) => {
    faults.clear();
    return faults.list();
  },
};

const listCalls: Control = {
  method: 'GET',
  path: '/sandbox/calls',
  zh: '最近 1000 次 /v3 调用',
  en: 'the last 1,000 /v3 calls',
  handle: (_call, { calls }) => calls.list(),
};

const clearCalls: Control = {
  method: 'DELETE',
  path: '/sandbox/calls',
  zh: '清除调用记录',
  en: 'delete these calls',
  handle: (_call, { calls }) => {
    calls.clear();
    return calls.list();
  },
};

export const trafficControls: readonly Control[] = [
  listFaults,
  addFaults,
  clearFaults,
  listCalls,
  clearCalls,
];

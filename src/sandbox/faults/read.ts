import { ControlError, type InputReader, readInput } from '../controls/control-input.ts';
import {
  type CallFault,
  type CallFaultName,
  FAULTS,
  type Fault,
  type Misbehaviour,
  NOTICE_FAULTS,
  type NotificationFault,
  type NotificationFaultName,
  type NotificationMisbehaviour,
  OTHER_ANSWERS,
  type Reach,
} from './fault.ts';
import { usualCode } from './status-answer.ts';

export const TARGETS = [
  'create',
  'query',
  'complete',
  'cancel',
  'sync',
  'modify',
  'pay',
  'permission',
  'message',
  'user-service-state',
  'certificates',
  'echo',
  'any',
  'notify',
] as const;

const SIGNATURES = ['usual', 'none', 'wrong'] as const;
const CALL_NAMES = Object.keys(FAULTS).filter(isCallFault);
const NAMES = [...new Set([...CALL_NAMES, ...NOTICE_FAULTS])];
const MANY = 1_000_000;
const DAY_MS = 86_400_000;

/**
 * Reads the body of POST /sandbox/faults: one fault or an array of them.
 * @throws ControlError 400 that lists the valid names or options
 */
export function readFaults(body: unknown): readonly Fault[] {
  return (Array.isArray(body) ? body : [body]).map(readFault);
}

function readFault(body: unknown): Fault {
  const input = readInput(body);
  const name = input.oneOf('fault', NAMES);
  const on = input.oneOf('on', TARGETS);
  const reach = {
    times: readTimes(input),
    skip: input.integer('skip', { min: 0, max: MANY, fallback: 0 }),
  };
  const fault =
    on === 'notify'
      ? readNotificationFault(name, reach, input)
      : readCallFault(name, on, reach, input);
  input.refuseOthers();
  return fault;
}

function readCallFault(
  name: string,
  on: CallFault['on'],
  reach: Reach,
  input: InputReader,
): CallFault {
  if (!isCallFault(name)) {
    throw new ControlError(400, `for a call fault is one of ${CALL_NAMES.join(', ')}`);
  }
  const always = FAULTS[name].takesEffect;
  const takesEffect = name.startsWith('reset-') ? always : input.flag('takesEffect', always);
  return { ...readMisbehaviour(name, input), on, ...reach, takesEffect };
}

function readNotificationFault(name: string, reach: Reach, input: InputReader): NotificationFault {
  const known = NOTICE_FAULTS.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new ControlError(400, `on notify fault is one of ${NOTICE_FAULTS.join(', ')}`);
  }
  return { ...readNotificationMisbehaviour(known, input), on: 'notify', ...reach };
}

/** null, which means until cleared, must not become the default, so it is not read as a number. */
function readTimes(input: InputReader): number | null {
  return input.isNull('times') ? null : input.integer('times', { min: 1, max: MANY, fallback: 1 });
}

function readMisbehaviour(name: CallFaultName, input: InputReader): Misbehaviour {
  switch (name) {
    case 'latency':
      return { fault: name, ms: readMs(input) };
    case 'stale':
    case 'future':
      return { fault: name, seconds: readSeconds(input) };
    case 'other-answer':
      return { fault: name, of: input.oneOf('of', OTHER_ANSWERS) };
    case 'status': {
      const status = input.integer('status', { min: 200, max: 599 });
      const retryAfter = input.integer('retryAfter', { min: 0, max: MANY, fallback: 0 });
      return {
        fault: name,
        status,
        code: input.text('code', usualCode(status)),
        message: input.text('message', '沙箱按要求返回的状态'),
        html: input.flag('html', false),
        signature: input.oneOf('signature', SIGNATURES, 'usual'),
        ...(input.has('retryAfter') && { retryAfter }),
      };
    }
    default:
      return { fault: name };
  }
}

function readNotificationMisbehaviour(
  name: NotificationFaultName,
  input: InputReader,
): NotificationMisbehaviour {
  switch (name) {
    case 'duplicate':
      return { fault: name, copies: input.integer('copies', { min: 2, max: 100, fallback: 2 }) };
    case 'delay':
      return { fault: name, ms: readMs(input) };
    case 'stale':
    case 'future':
      return { fault: name, seconds: readSeconds(input) };
    default:
      return { fault: name };
  }
}

function readMs(input: InputReader): number {
  return input.integer('ms', { min: 0, max: DAY_MS, fallback: 1_000 });
}

function readSeconds(input: InputReader): number {
  return input.integer('seconds', { min: 0, max: MANY, fallback: 600 });
}

function isCallFault(name: string): name is CallFaultName {
  return Object.hasOwn(FAULTS, name);
}

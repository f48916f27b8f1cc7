import { setTimeout as sleep } from 'node:timers/promises';
import { OTHER_ANSWERS } from '../../src/sandbox/faults/fault.ts';
import { control } from './expected-state.ts';
import { between, pick } from './stats.ts';

/** How many of a hundred calls are faulty. */
const SHARE = 35;
const CALLS_AHEAD = 400;
const NOTICES_AHEAD = 40;

/** The message of every refusal that this mix injects. No genuine refusal has it. */
export const INJECTED = 'refusal injected by the fault mix';

/**
 * Some apply before the order is created or changed, some after: the caller cannot distinguish
 * them.
 */
const CALL_FAULTS: readonly (() => object)[] = [
  () => ({ fault: 'reset-before' }),
  () => ({ fault: 'reset-after' }),
  () => ({ fault: 'truncate' }),
  () => ({ fault: 'status', status: 500, takesEffect: pick([true, false]) }),
  () => ({ fault: 'status', status: 502, html: true, takesEffect: pick([true, false]) }),
  () => ({ fault: 'status', status: 429 }),
  () => ({ fault: 'unsigned', takesEffect: pick([true, false]) }),
  () => ({ fault: 'wrong-signature', takesEffect: pick([true, false]) }),
  () => ({ fault: 'other-answer', of: pick(OTHER_ANSWERS), takesEffect: pick([true, false]) }),
  () => ({
    fault: 'status',
    // A 404 without a signature confirms an unverified refusal, so that it must not answer queries.
    status: pick([400, 403, 409, 429]),
    signature: pick(['none', 'wrong']),
    message: INJECTED,
    takesEffect: pick([true, false]),
  }),
  () => ({
    on: pick(['create', 'complete']),
    fault: 'status',
    status: 404,
    signature: pick(['none', 'wrong']),
    message: INJECTED,
    takesEffect: pick([true, false]),
  }),
  // A late response is a real one: it always takes effect.
  () => ({ fault: 'latency', ms: pick([200, 1_500]) }),
];
const NOTICE_FAULTS: readonly (() => object)[] = [
  () => ({ fault: 'drop' }),
  () => ({ fault: 'duplicate', copies: 3 }),
  () => ({ fault: 'delay', ms: 500 }),
  () => ({ fault: 'tamper' }),
];

export interface FaultMix {
  /** Stops the faults. */
  readonly end: () => Promise<void>;
}

/** Injects faults at random places of the sandbox's traffic. */
export function mixFaults(sandbox: string): FaultMix {
  let over = false;
  const supplying = (async () => {
    while (!over) {
      const left = await control(sandbox, 'GET', '/sandbox/faults');
      if (Array.isArray(left) && left.length < SHARE) {
        const calls = scatter('any', CALLS_AHEAD, CALL_FAULTS);
        await control(sandbox, 'POST', '/sandbox/faults', [
          ...calls,
          ...scatter('notify', NOTICES_AHEAD, NOTICE_FAULTS),
        ]);
      }
      await sleep(50);
    }
  })();
  // Reported at the end.
  supplying.catch(() => {});
  return {
    end: async () => {
      over = true;
      await supplying;
      await control(sandbox, 'DELETE', '/sandbox/faults');
    },
  };
}

function scatter(on: string, ahead: number, faults: readonly (() => object)[]): readonly object[] {
  return Array.from({ length: ahead }, (_, skip) => skip)
    .filter(() => between(1, 100) <= SHARE)
    .map((skip) => ({ on, ...pick(faults)(), times: 1, skip }));
}

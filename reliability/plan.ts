import type { Experiment } from './experiment.ts';
import { abuse } from './experiments/abuse.ts';
import { access } from './experiments/access.ts';
import { amplification } from './experiments/amplification.ts';
import { audits } from './experiments/audits.ts';
import { canaries } from './experiments/canaries.ts';
import { commits } from './experiments/commits.ts';
import { cuts } from './experiments/cuts.ts';
import { diskFull } from './experiments/disk-full.ts';
import { documents } from './experiments/documents.ts';
import { faultMatrix } from './experiments/fault-matrix.ts';
import { faults } from './experiments/faults.ts';
import { fuzz } from './experiments/fuzz.ts';
import { install } from './experiments/install.ts';
import { intruder } from './experiments/intruder.ts';
import { killWrites } from './experiments/kill-writes.ts';
import { kill9 } from './experiments/kill9.ts';
import { load } from './experiments/load.ts';
import { migration } from './experiments/migration.ts';
import { notificationFaults } from './experiments/notification-faults.ts';
import { outage } from './experiments/outage.ts';
import { overload } from './experiments/overload.ts';
import { prober } from './experiments/prober.ts';
import { refusedNotifications } from './experiments/refused-notifications.ts';
import { sameNotification } from './experiments/same-notification.ts';
import { shutdown } from './experiments/shutdown.ts';
import { slow } from './experiments/slow.ts';
import { soak } from './experiments/soak.ts';
import { streamMemory } from './experiments/stream-memory.ts';
import { streams } from './experiments/streams.ts';
import { twoInstances } from './experiments/two-instances.ts';
import { upstreamOutage } from './experiments/upstream-outage.ts';

/** Experiments of one lane share what the environment provides; lanes may run concurrently. */
export const LANES: readonly (readonly Experiment[])[] = [
  [faults],
  [faultMatrix],
  [notificationFaults],
  [diskFull],
  [upstreamOutage],
  [outage],
  [kill9, killWrites],
  [sameNotification, twoInstances, cuts],
  [refusedNotifications],
  [load, overload],
  [commits],
  [migration],
  [shutdown],
  [audits, prober, amplification],
  [install],
  [access, intruder],
  [abuse],
  [soak],
  [fuzz],
  [canaries],
  [documents],
  [slow],
  [streams, streamMemory],
];

export const NAMES: readonly string[] = LANES.flat().map(({ name }) => name);

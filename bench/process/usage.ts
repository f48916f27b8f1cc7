import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** CPU time (µs, user and system) of a process: of all its threads, and of the main one. */
export interface CpuTime {
  readonly all: number;
  readonly main: number;
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const KB_IN_MB = 1024;

/** In steps of one tick of the kernel (10 ms). */
export function cpuTime(pid: number): CpuTime {
  const all = ticks(`/proc/${pid}/stat`);
  return { all, main: ticks(`/proc/${pid}/task/${pid}/stat`) };
}

function ticks(file: string): number {
  const text = readFileSync(file, 'utf8');
  // The name in brackets may hold spaces: fields are counted from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return ((user + system) / TICKS_PER_SECOND) * 1e6;
}

/** Resident memory in MB. */
export function rssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / KB_IN_MB;
}

/** What must be seen to hold, each with its figure. */
export const GOALS = {
  G1: 'The audits of GraphQL over HTTP: no error, no warning',
  G2: 'A blind prober recovers no field of the schema; a scanner finds nothing',
  G3: 'One HTTP request makes at most one write and five reads at WeChat Pay, whatever the document',
  G4: '10,000 different documents of the largest size: at most 350 MB, and no growth at the end',
  G5: '100,000 fuzzed requests: no crash, no 5xx, each error has a code, no input comes back',
  G6: 'Slow clients are gone in 6, 11 and 30 s, and nobody else waits for them',
  G7: 'SIGTERM: /ready first, what is under way finishes, streams complete, gone within a second of it',
  G8: 'kill −9 in a storm of notices: nothing acknowledged is lost, nothing applied twice',
  G9: 'Notices are acknowledged in time while GraphQL is overloaded',
  G10: 'A notification counts once, however often it comes; what is not WeChat Pay’s leaves no trace',
  G11: 'Creates under every fault: no second order, no false failure, all settled within 60 s',
  G12: 'No personal data and no secret in answers, logs, metrics or stored bytes',
  G13: 'Nobody reads or does what is not theirs',
  G14: 'Subscribers that leave are forgotten within a second; those that do not read cost little',
  G15: 'PostgreSQL away: the processes stay, say so, and forget nothing',
  G16: 'Three times the load it can bear: it does nearly as much as ever, and refuses the rest at once',
  G17: 'Hours of work: memory and file descriptors stay flat, no promise is left unhandled',
  G18: 'npm ci gives the same tree each time, with integrity and without install scripts',
} as const;

export type Goal = keyof typeof GOALS;

export function isGoal(name: string): name is Goal {
  return Object.hasOwn(GOALS, name);
}

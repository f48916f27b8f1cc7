/** The goals of reliability and security; each is measured. */
export const GOALS = {
  G1: 'The audits of GraphQL over HTTP: no error, no warning',
  G2: 'A blind prober recovers no field of the schema; a scanner finds nothing',
  G3: 'One HTTP request makes at most one write and five reads at WeChat Pay, whatever the document',
  G4: '10,000 different documents of the largest size: at most 350 MB, and no growth at the end',
  G5: '100,000 fuzzed requests: no crash, no 5xx, each error has a code, no input is echoed',
  G6: 'Slow clients are disconnected after 6, 11 and 30 s, and other clients do not wait for them',
  G7: 'SIGTERM: /ready reports it first, requests in flight finish, streams complete, exit within a second after that',
  G8: 'kill −9 during a storm of webhooks: nothing acknowledged is lost, nothing applied twice',
  G9: 'Webhooks are acknowledged in time while GraphQL is overloaded',
  G10: 'A webhook counts once, however often it arrives; a forged one leaves no trace',
  G11: 'Writes under every fault: no second order, no false failure or success, all resolved within 60 s',
  G12: 'No personal data and no secret in answers, logs, metrics or stored bytes',
  G13: 'Callers read and change only their own orders',
  G14: 'Subscribers that disappear are released within a second; those that do not read cost little',
  G15: 'PostgreSQL down: the processes survive, report it, and lose nothing',
  G16: 'Three times the capacity: goodput stays near its peak, and the rest is rejected immediately',
  G17: 'Soak test: memory and file descriptors stay flat, no unhandled rejection',
  G18: 'npm ci gives the same tree each time, with integrity and without install scripts',
  G19: 'A ledger of 0.1 with a million orders migrates in under a minute, and loses nothing',
  G20: 'One shopper and strangers abuse the server in every way: memory, log, event loop and the orders of others bear it',
} as const;

export type Goal = keyof typeof GOALS;

export function isGoal(name: string): name is Goal {
  return Object.hasOwn(GOALS, name);
}

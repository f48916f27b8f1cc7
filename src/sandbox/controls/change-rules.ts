import type { JsonObject } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';

/** The values that a rule accepts. */
interface Domain<Value> {
  readonly words: string;
  /** undefined: not a valid value. */
  readonly read: (value: unknown) => Value | undefined;
}

type Writable = { -readonly [Name in keyof SandboxRules]: SandboxRules[Name] };

const MOST_SECONDS = 1_000_000;

const FLAG = oneOf(false, true);

const secondsOrNull: Domain<number | null> = {
  words: `null or a number from 0 to ${MOST_SECONDS}`,
  read: (value) =>
    value === null || (typeof value === 'number' && value >= 0 && value <= MOST_SECONDS)
      ? value
      : undefined,
};

const seconds: Domain<number> = {
  words: `a number from 0 to ${MOST_SECONDS}`,
  read: (value) =>
    typeof value === 'number' && value >= 0 && value <= MOST_SECONDS ? value : undefined,
};

const DOMAINS: { readonly [Name in keyof SandboxRules]: Domain<SandboxRules[Name]> } = {
  reencryptedFieldsDiffer: FLAG,
  launchFieldsWithoutConfirm: FLAG,
  payBeforeComplete: FLAG,
  stateAfterDecline: oneOf('CREATED', 'REVOKED', 'EXPIRED'),
  certificates: oneOf('served', 'none'),
  answersSignedBy: oneOf('public-key', 'certificate'),
  startTimeBeforeAccept: oneOf('OnAccept', 'absent'),
  queryFillsFeeCount: FLAG,
  analogyRules: FLAG,
  sensitiveFieldsRequired: FLAG,
  refuseUnknownSerial: FLAG,
  refuseUsedNonces: FLAG,
  signErrors: FLAG,
  repeatAnswersSuccess: FLAG,
  newTicketEachQuery: FLAG,
  stateAfterUnused: oneOf('FINISHED', 'REVOKED', 'USER_PAID'),
  payDelaySeconds: secondsOrNull,
  payZeroTotal: oneOf('at-once', 'as-others'),
  transactionIdAfterSync: FLAG,
  queryFillsRealPlaces: FLAG,
  confirmEventType: oneOf('PAYSCORE.USER_ACCEPTED', 'PAYSCORE.USER_CONFIRM'),
  notifyAcceptedAtCreate: FLAG,
  notifyAfterSync: FLAG,
  notifyUrlMustBeHttps: FLAG,
  collection: oneOf('succeeds', 'fails'),
  debitSeconds: seconds,
  cancelWhilePaying: FLAG,
  stateAfterZeroTotal: oneOf('DONE', 'DOING'),
  notifySignedBy: oneOf('public-key', 'certificate'),
};

/**
 * Applies a partial change; changes nothing if a name or value is unknown (the TypeError says why).
 */
export function changeRules(rules: SandboxRules, change: JsonObject): SandboxRules {
  const next: Writable = { ...rules };
  for (const [name, value] of Object.entries(change)) {
    if (!isRuleName(name)) {
      throw new TypeError(`unknown rule; the rules are ${Object.keys(DOMAINS).join(', ')}`);
    }
    choose(next, name, value);
  }
  return next;
}

function choose<Name extends keyof SandboxRules>(rules: Writable, name: Name, value: unknown) {
  const { words, read } = DOMAINS[name];
  const choice = read(value);
  if (choice === undefined) {
    throw new TypeError(`${name} is ${words}`);
  }
  rules[name] = choice;
}

function isRuleName(name: string): name is keyof SandboxRules {
  return Object.hasOwn(DOMAINS, name);
}

function oneOf<const Value>(...values: readonly Value[]): Domain<Value> {
  return {
    words: `one of ${JSON.stringify(values)}`,
    read: (value) => values.find((candidate) => candidate === value),
  };
}

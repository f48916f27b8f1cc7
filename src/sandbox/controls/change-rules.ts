import type { JsonObject } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';

/** The values that a rule accepts. */
interface Domain<Value> {
  readonly words: string;
  /** What a form offers: one of these values, or a number. */
  readonly input: RuleInput;
  /** undefined: not a valid value. */
  readonly read: (value: unknown) => Value | undefined;
}

type RuleInput =
  | { readonly kind: 'choice'; readonly values: readonly unknown[] }
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly step: 'any' | 1;
      readonly nullable: boolean;
    };

type Writable = { -readonly [Name in keyof SandboxRules]: SandboxRules[Name] };

const MOST_SECONDS = 1_000_000;

const FLAG = oneOf(false, true);

const seconds = numberFrom(0, MOST_SECONDS, 'any');

const DOMAINS: { readonly [Name in keyof SandboxRules]: Domain<SandboxRules[Name]> } = {
  reencryptedFieldsDiffer: FLAG,
  launchFieldsWithoutConfirm: FLAG,
  unsignedLaunch: oneOf('refused', 'accepted'),
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
  payDelaySeconds: orNull(seconds),
  payZeroTotal: oneOf('at-once', 'as-others'),
  transactionIdAfterSync: FLAG,
  queryFillsRealPlaces: FLAG,
  confirmEventType: oneOf('PAYSCORE.USER_ACCEPTED', 'PAYSCORE.USER_CONFIRM'),
  notifyAcceptedAtCreate: FLAG,
  notifyAfterSync: FLAG,
  withoutConfirmation: oneOf('starts', 'stays-created', 'refused'),
  needUserConfirmDefault: FLAG,
  notifyUrlRequired: FLAG,
  notifyUrlMustBeHttps: FLAG,
  riskFundNames: oneOf('deposit', 'estimate', 'any'),
  riskCap: orNull(numberFrom(1, Number.MAX_SAFE_INTEGER, 1)),
  endTimeRemarkLength: oneOf(20, 50),
  discountAmountAtCreate: oneOf('kept', 'ignored'),
  assessment: oneOf('passes', 'fails', 'unpaid-orders', 'youth-mode'),
  createCompares: oneOf('everything', 'terms'),
  samePackageOnRepeat: FLAG,
  packageWithoutConfirm: FLAG,
  packageSingleUse: FLAG,
  stateRefusals: oneOf('as-seen', 'as-listed'),
  collection: oneOf('succeeds', 'fails'),
  payOnEmptyWallet: oneOf('accepted', 'refused'),
  debitSeconds: seconds,
  cancelWhilePaying: FLAG,
  stateAfterZeroTotal: oneOf('DONE', 'DOING'),
  notifyAfterZeroTotal: FLAG,
  needCollectionAtZero: FLAG,
  modifyOnce: FLAG,
  modifyToZero: FLAG,
  repeatedModifySucceeds: FLAG,
  emptyDetailBeforePayment: FLAG,
  paymentDetails: numberFrom(1, 10, 1),
  promotionDetail: oneOf('none', 'in-detail', 'in-collection', 'top-level'),
  notifyTotalAsText: FLAG,
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

/** What a form offers for a rule. */
export function inputOf(name: keyof SandboxRules): RuleInput {
  return DOMAINS[name].input;
}

export function isRuleName(name: string): name is keyof SandboxRules {
  return Object.hasOwn(DOMAINS, name);
}

function oneOf<const Value>(...values: readonly Value[]): Domain<Value> {
  return {
    words: `one of ${JSON.stringify(values)}`,
    input: { kind: 'choice', values },
    read: (value) => values.find((candidate) => candidate === value),
  };
}

function numberFrom(min: number, max: number, step: 'any' | 1): Domain<number> {
  return {
    words: `a ${step === 1 ? 'whole ' : ''}number from ${min} to ${max}`,
    input: { kind: 'number', min, max, step, nullable: false },
    read: (value) =>
      typeof value === 'number' &&
      value >= min &&
      value <= max &&
      (step === 'any' || Number.isInteger(value))
        ? value
        : undefined,
  };
}

function orNull({ words, input, read }: Domain<number>): Domain<number | null> {
  return {
    words: `null or ${words}`,
    input: input.kind === 'number' ? { ...input, nullable: true } : input,
    read: (value) => (value === null ? null : read(value)),
  };
}

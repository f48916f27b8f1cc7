import { ON_ACCEPT, toWireTime } from '../wechat/index.ts';
import { type Findings, findings, type InputRules } from './findings.ts';
import type { InputIssue } from './input-issue.ts';
import { checkDiscounts, checkFees, type DiscountItem, type FeeItem } from './item-rules.ts';
import { checkIds } from './order-key.ts';

type Optional<T> = T | null | undefined;

interface Ids {
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
}

/** What a caller wants an order completed with; the ticket may be left out. */
export interface CompleteInput extends Ids {
  readonly finishType: 'UNUSED' | 'FINISHED';
  readonly finishTicket?: Optional<string>;
  readonly totalAmount: number;
  readonly profitSharing?: Optional<boolean>;
  readonly cancelReason?: Optional<string>;
  readonly realServiceStartTime?: Optional<string>;
  readonly realServiceEndTime?: Optional<string>;
  readonly realServiceEndLocation?: Optional<string>;
  readonly fees?: Optional<readonly FeeItem[]>;
  readonly discounts?: Optional<readonly CompleteDiscount[]>;
}

interface CompleteDiscount extends DiscountItem {
  readonly discountAmount: number;
}

export interface CancelInput extends Ids {
  readonly reason: string;
}

export interface SyncInput extends Ids {
  readonly paidTime: string;
}

/** Every rule that a completion breaks, as far as it can be told without the order. */
export function completeInputIssues(
  input: CompleteInput,
  rules: InputRules,
): readonly InputIssue[] {
  const found = findings(rules);
  checkIds(found, input);
  checkTotal(found, input);
  checkReality(found, input);
  checkFees(found, input.fees ?? []);
  checkDiscounts(found, input.discounts ?? [], ({ discountAmount }, at) => {
    found.amount(discountAmount, at('discountAmount'));
  });
  found.length(input.finishTicket, 512, 'analogy', ['finishTicket']);
  found.characters(input.finishTicket, 'confirmed', ['finishTicket']);
  found.length(input.cancelReason, 30, 'analogy', ['cancelReason']);
  found.characters(input.cancelReason, 'confirmed', ['cancelReason']);
  found.unless(
    input.finishType === 'FINISHED' || Boolean(input.cancelReason),
    'analogy',
    ['cancelReason'],
    'REQUIRED',
    'Must be given where finishType is UNUSED.',
  );
  return found.issues;
}

export function cancelInputIssues(input: CancelInput, rules: InputRules): readonly InputIssue[] {
  const found = findings(rules);
  checkIds(found, input);
  found.required(input.reason, ['reason']);
  found.length(input.reason, 50, 'analogy', ['reason']);
  found.characters(input.reason, 'confirmed', ['reason']);
  return found.issues;
}

export function syncInputIssues(input: SyncInput, rules: InputRules): readonly InputIssue[] {
  const found = findings(rules);
  checkIds(found, input);
  checkSecond(found, input.paidTime, ['detail', 'paidTime']);
  return found.issues;
}

function checkTotal(found: Findings, input: CompleteInput) {
  const { totalAmount, finishType, fees, discounts } = input;
  found.amount(totalAmount, ['totalAmount']);
  if (finishType === 'UNUSED') {
    const message = 'Must be 0 where finishType is UNUSED.';
    found.unless(totalAmount === 0, 'confirmed', ['totalAmount'], 'OUT_OF_RANGE', message);
    return;
  }
  const sum =
    (fees ?? []).reduce((total, { feeAmount }) => total + (feeAmount ?? 0), 0) -
    (discounts ?? []).reduce((total, { discountAmount }) => total + discountAmount, 0);
  found.unless(
    sum === totalAmount,
    'analogy',
    ['totalAmount'],
    'OUT_OF_RANGE',
    'Must be the sum of all feeAmount less the sum of all discountAmount.',
  );
}

function checkReality(found: Findings, input: CompleteInput) {
  const { realServiceStartTime, realServiceEndTime, realServiceEndLocation, finishType } = input;
  checkSecond(found, realServiceStartTime, ['realServiceStartTime']);
  checkSecond(found, realServiceEndTime, ['realServiceEndTime']);
  const start = toWireTime(realServiceStartTime ?? '');
  const end = toWireTime(realServiceEndTime ?? '');
  found.unless(
    !start || !end || end > start,
    'confirmed',
    ['realServiceEndTime'],
    'OUT_OF_RANGE',
    'Must be after realServiceStartTime.',
  );
  found.length(realServiceEndLocation, 20, 'analogy', ['realServiceEndLocation']);
  found.characters(realServiceEndLocation, 'confirmed', ['realServiceEndLocation']);
  found.unless(
    finishType === 'FINISHED' || !realServiceEndLocation,
    'analogy',
    ['realServiceEndLocation'],
    'NOT_ALLOWED',
    'Must not be given where finishType is UNUSED.',
  );
}

/** A moment to the second: neither a plain date nor OnAccept. */
function checkSecond(found: Findings, time: Optional<string>, path: readonly string[]) {
  const wire = time === null || time === undefined ? undefined : toWireTime(time);
  found.unless(
    time === null || time === undefined || (wire?.length === 14 && wire !== ON_ACCEPT),
    'confirmed',
    path,
    'BAD_FORMAT',
    'ISO 8601 in whole seconds with an offset, or yyyyMMddHHmmss.',
  );
}

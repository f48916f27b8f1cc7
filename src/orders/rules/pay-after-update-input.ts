import type { InputRules } from '../../domain/input-rules.ts';
import { ON_ACCEPT, toWireTime } from '../../wechat/index.ts';
import {
  checkDiscounts,
  checkFees,
  checkIds,
  createIssueCollector,
  type DiscountItem,
  type FeeItem,
  type InputIssue,
  type IssueCollector,
  type Source,
} from './field-rules.ts';
import { hasCome } from './service-times.ts';

type Optional<T> = T | null | undefined;

interface Ids {
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
}

/** The input of a completion; the ticket may be omitted. */
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

/**
 * Every rule that a completion breaks, as far as that is known without the order.
 * @param now Unix ms
 */
export function completeInputIssues(
  input: CompleteInput,
  rules: InputRules,
  now: number,
): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  checkIds(found, input);
  checkTotal(found, input);
  checkReality(found, input, now);
  checkFees(found, input.fees ?? []);
  checkDiscounts(found, input.discounts ?? [], ({ discountAmount }, at) => {
    found.amount(discountAmount, at('discountAmount'));
  });
  found.length(input.finishTicket, 512, 'analogy', ['finishTicket']);
  found.characters(input.finishTicket, 'confirmed', ['finishTicket']);
  found.length(input.cancelReason, 30, 'analogy', ['cancelReason']);
  found.characters(input.cancelReason, 'confirmed', ['cancelReason']);
  found.check(
    input.finishType === 'FINISHED' || Boolean(input.cancelReason),
    'analogy',
    ['cancelReason'],
    'REQUIRED',
    'Required if finishType is UNUSED.',
  );
  found.check(
    input.finishType === 'UNUSED' || (input.fees ?? []).length > 0 || Boolean(input.cancelReason),
    'analogy',
    ['fees'],
    'REQUIRED',
    'Requires fees or cancelReason.',
  );
  return found.issues;
}

export function cancelInputIssues(input: CancelInput, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  checkIds(found, input);
  found.required(input.reason, 'analogy', ['reason']);
  found.length(input.reason, 50, 'analogy', ['reason']);
  found.characters(input.reason, 'confirmed', ['reason']);
  return found.issues;
}

export function syncInputIssues(input: SyncInput, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  checkIds(found, input);
  checkSecond(found, input.paidTime, 'confirmed', ['detail', 'paidTime']);
  return found.issues;
}

function checkTotal(found: IssueCollector, input: CompleteInput) {
  const { totalAmount, finishType, fees, discounts } = input;
  found.amount(totalAmount, ['totalAmount']);
  if (finishType === 'UNUSED') {
    const message = 'Must be 0 if finishType is UNUSED.';
    found.check(totalAmount === 0, 'confirmed', ['totalAmount'], 'OUT_OF_RANGE', message);
    return;
  }
  const sum =
    (fees ?? []).reduce((total, { feeAmount }) => total + (feeAmount ?? 0), 0) -
    (discounts ?? []).reduce((total, { discountAmount }) => total + discountAmount, 0);
  found.check(
    sum === totalAmount,
    'analogy',
    ['totalAmount'],
    'OUT_OF_RANGE',
    'Must be the sum of all feeAmount less the sum of all discountAmount.',
  );
}

function checkReality(found: IssueCollector, input: CompleteInput, now: number) {
  const { realServiceStartTime, realServiceEndTime, realServiceEndLocation, finishType } = input;
  checkRealTime(found, realServiceStartTime, ['realServiceStartTime']);
  checkRealTime(found, realServiceEndTime, ['realServiceEndTime']);
  const start = toWireTime(realServiceStartTime ?? '');
  const end = toWireTime(realServiceEndTime ?? '');
  found.check(
    !start || !end || end > start,
    'analogy',
    ['realServiceEndTime'],
    'OUT_OF_RANGE',
    'Must be after realServiceStartTime.',
  );
  found.check(
    !end || hasCome(end, now),
    'analogy',
    ['realServiceEndTime'],
    'OUT_OF_RANGE',
    'Must not be in the future.',
  );
  found.length(realServiceEndLocation, 20, 'analogy', ['realServiceEndLocation']);
  found.characters(realServiceEndLocation, 'confirmed', ['realServiceEndLocation']);
  found.check(
    finishType === 'FINISHED' || !realServiceEndLocation,
    'analogy',
    ['realServiceEndLocation'],
    'NOT_ALLOWED',
    'Not allowed if finishType is UNUSED.',
  );
}

const SECONDS = 'ISO 8601 in whole seconds with an offset, or yyyyMMddHHmmss.';

/** WeChat Pay's time format is confirmed; that these times need seconds is known from merchants. */
function checkRealTime(found: IssueCollector, time: Optional<string>, path: readonly string[]) {
  const isGiven = time !== null && time !== undefined;
  found.check(!isGiven || toWireTime(time) !== undefined, 'confirmed', path, 'BAD_FORMAT', SECONDS);
  if (isGiven && toWireTime(time) !== undefined) {
    checkSecond(found, time, 'analogy', path);
  }
}

/** A time to the second: neither a plain date nor OnAccept. */
function checkSecond(
  found: IssueCollector,
  time: Optional<string>,
  source: Source,
  path: readonly string[],
) {
  const isGiven = time !== null && time !== undefined;
  const wire = isGiven ? toWireTime(time) : undefined;
  const isSecond = wire?.length === 14 && wire !== ON_ACCEPT;
  found.check(!isGiven || isSecond, source, path, 'BAD_FORMAT', SECONDS);
}

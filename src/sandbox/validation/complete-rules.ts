import {
  isFlag,
  isInteger,
  isList,
  isText,
  longest,
  mostItems,
  oneOf,
  required,
  shapedLike,
} from './field-checks.ts';
import {
  APPID,
  analogy,
  confirmed,
  FEN,
  type FieldRule,
  realTime,
  SERVICE_ID,
} from './field-rules.ts';

const TIME = shapedLike(/^(?:\d{8}|\d{14})$/, 'yyyyMMddHHmmss or yyyyMMdd');

/** The fields of a complete body, in the order of WeChat's table. Amounts in fen. */
export const COMPLETE_FIELDS: readonly FieldRule[] = [
  ...APPID,
  ...SERVICE_ID,
  ...analogy('finish_type', required),
  ...confirmed('finish_type', oneOf(1, 2)),
  ...analogy('finish_ticket', required),
  ...confirmed('finish_ticket', isText),
  ...analogy('finish_ticket', longest(512)),
  ...confirmed('total_amount', required, isInteger, FEN),
  ...confirmed('profit_sharing', isFlag),
  ...confirmed('cancel_reason', isText),
  ...analogy('cancel_reason', longest(30)),
  ...confirmed('real_service_start_time', TIME),
  ...analogy('real_service_start_time', realTime),
  ...confirmed('real_service_end_time', TIME),
  ...analogy('real_service_end_time', realTime),
  ...confirmed('real_service_end_location', isText),
  ...analogy('real_service_end_location', longest(20)),
  ...confirmed('fees', isList),
  ...analogy('fees', mostItems(100)),
  ...confirmed('discounts', isList, mostItems(5)),
];

/** An item of `discounts`: unlike at create its amount is known, and must be said even if it is 0. */
export const FINAL_DISCOUNT_FIELDS: readonly FieldRule[] = [
  ...analogy('discount_name', required),
  ...confirmed('discount_name', isText, longest(20)),
  ...confirmed('discount_amount', required, isInteger, FEN),
  ...confirmed('discount_desc', isText),
  ...analogy('discount_desc', longest(30)),
];

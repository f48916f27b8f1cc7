import {
  between,
  isFlag,
  isInteger,
  isList,
  isText,
  longest,
  mostItems,
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

/** The fields of a create body, in the order of WeChat's table. Amounts in fen. */
export const CREATE_FIELDS: readonly FieldRule[] = [
  ...APPID,
  ...confirmed('out_order_no', required, isText),
  ...analogy('out_order_no', shapedLike(/^[\w\-|*]{1,32}$/, '1 to 32 of digits, letters and _-|*')),
  ...SERVICE_ID,
  ...analogy('service_start_time', required),
  ...confirmed(
    'service_start_time',
    shapedLike(/^(?:\d{8}|\d{14}|OnAccept)$/, 'yyyyMMddHHmmss, yyyyMMdd or OnAccept'),
  ),
  ...analogy('service_start_time', realTime),
  ...confirmed('service_end_time', shapedLike(/^(?:\d{8}|\d{14})$/, 'yyyyMMddHHmmss or yyyyMMdd')),
  ...analogy('service_end_time', realTime),
  ...analogy('service_start_location', required),
  ...confirmed('service_start_location', isText),
  ...analogy('service_start_location', longest(20)),
  ...confirmed('service_end_location', isText),
  ...analogy('service_end_location', longest(20)),
  ...analogy('service_introduction', required),
  ...confirmed('service_introduction', isText),
  ...analogy('service_introduction', longest(20)),
  ...confirmed('fees', isList),
  ...analogy('fees', mostItems(100)),
  ...confirmed('discounts', isList, mostItems(5)),
  ...analogy('risk_amount', required),
  ...confirmed('risk_amount', isInteger),
  ...analogy('risk_amount', between(1, Number.MAX_SAFE_INTEGER)),
  ...confirmed('attach', isText, longest(200)),
  ...confirmed('need_user_confirm', isFlag),
  ...confirmed('openid', isText),
  ...analogy('openid', longest(128)),
  ...confirmed('name', isText),
  ...confirmed('phone', isText),
  ...confirmed('userid', isText),
  ...confirmed('address', isText),
];

/** An item of `fees`, at create and at complete. */
export const FEE_FIELDS: readonly FieldRule[] = [
  ...analogy('fee_name', required),
  ...confirmed('fee_name', isText),
  ...analogy('fee_name', longest(20)),
  ...confirmed('fee_count', isInteger),
  ...analogy('fee_count', between(1, 100)),
  ...confirmed('fee_amount', isInteger),
  ...analogy('fee_amount', FEN),
  ...confirmed('fee_desc', isText),
  ...analogy('fee_desc', longest(30)),
];

export const DISCOUNT_FIELDS: readonly FieldRule[] = [
  ...analogy('discount_name', required),
  ...confirmed('discount_name', isText, longest(20)),
  ...analogy('discount_desc', required),
  ...confirmed('discount_desc', isText),
  ...analogy('discount_desc', longest(30)),
];

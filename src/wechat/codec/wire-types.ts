import {
  type Answer,
  flag,
  integer,
  listOf,
  objectOf,
  type Request,
  required,
  type Shape,
  sensitive,
  serviceTime,
  text,
} from './codec.ts';

/** POST /v3/payscore/payafter-orders, request: the 18 documented fields. */
export const createRequest = {
  appid: required(text),
  out_order_no: required(text),
  service_id: required(text),
  service_start_time: required(serviceTime),
  service_end_time: serviceTime,
  service_start_location: required(text),
  service_end_location: text,
  service_introduction: required(text),
  fees: listOf({
    fee_name: required(text),
    fee_count: integer,
    fee_amount: integer,
    fee_desc: text,
  }),
  discounts: listOf({ discount_name: required(text), discount_desc: text }),
  risk_amount: required(integer),
  attach: text,
  need_user_confirm: flag,
  openid: text,
  name: sensitive,
  phone: sensitive,
  userid: sensitive,
  address: sensitive,
} satisfies Shape;
export type CreatePayAfterOrderRequest = Request<typeof createRequest>;

/** The answer to it: the 10 documented fields. Launch fields may be missing. */
export const createResponse = {
  appid: required(text),
  mchid: required(text),
  out_order_no: required(text),
  service_id: required(text),
  order_id: text,
  miniprogram_businesstype: text,
  miniprogram_appid: text,
  miniprogram_path: text,
  miniprogram_username: text,
  package: text,
} satisfies Shape;
export type CreatedPayAfterOrder = Answer<typeof createResponse>;

/** GET /v3/payscore/payafter-orders, answer: the 24 documented fields. */
export const payAfterOrder = {
  appid: required(text),
  mchid: required(text),
  out_order_no: required(text),
  service_id: required(text),
  state: required(text),
  finish_type: integer,
  service_start_time: serviceTime,
  service_end_time: serviceTime,
  real_service_start_time: serviceTime,
  real_service_end_time: serviceTime,
  pay_succ_time: serviceTime,
  service_start_location: text,
  service_end_location: text,
  real_service_start_location: text,
  real_service_end_location: text,
  service_introduction: text,
  fees: listOf({ fee_name: text, fee_count: integer, fee_amount: integer, fee_desc: text }),
  discounts: listOf({ discount_name: text, discount_amount: integer, discount_desc: text }),
  risk_amount: integer,
  total_amount: integer,
  attach: text,
  finish_ticket: text,
  finish_transaction_id: text,
  pay_type: text,
} satisfies Shape;
export type PayAfterOrder = Answer<typeof payAfterOrder>;

/** GET /v3/payscore/user-service-state, answer. */
export const userServiceState = {
  appid: required(text),
  service_id: required(text),
  openid: text,
  use_service_state: required(text),
} satisfies Shape;
export type UserServiceState = Answer<typeof userServiceState>;

/** The answer to complete and cancel. The `order_id` distinguishes it from the answer to a query. */
export const updateResponse = {
  appid: required(text),
  mchid: required(text),
  out_order_no: required(text),
  service_id: required(text),
  order_id: required(text),
} satisfies Shape;

/** `orderId` is null if only a query has shown that the write took effect. */
export type UpdatedPayAfterOrder = Omit<Answer<typeof updateResponse>, 'orderId'> & {
  readonly orderId: string | null;
};

/** The answer to sync has no service_id. */
export const syncResponse = { ...updateResponse, service_id: text } satisfies Shape;

/** POST …/{out_order_no}/complete, request. The number is in the path. */
export const completeRequest = {
  appid: required(text),
  service_id: required(text),
  finish_type: required(integer),
  finish_ticket: required(text),
  total_amount: required(integer),
  profit_sharing: flag,
  cancel_reason: text,
  real_service_start_time: serviceTime,
  real_service_end_time: serviceTime,
  real_service_end_location: text,
  fees: listOf({
    fee_name: required(text),
    fee_count: integer,
    fee_amount: integer,
    fee_desc: text,
  }),
  discounts: listOf({
    discount_name: required(text),
    discount_amount: required(integer),
    discount_desc: text,
  }),
} satisfies Shape;
export type CompletePayAfterOrderRequest = Request<typeof completeRequest> & Numbered;

/** POST …/{out_order_no}/cancel, request. */
export const cancelRequest = {
  appid: required(text),
  service_id: required(text),
  reason: required(text),
} satisfies Shape;
export type CancelPayAfterOrderRequest = Request<typeof cancelRequest> & Numbered;

/** POST …/{out_order_no}/sync, request. Its only type is Order_Paid. */
export const syncRequest = {
  appid: required(text),
  service_id: required(text),
  type: required(text),
  detail: required(objectOf({ paid_time: required(serviceTime) })),
} satisfies Shape;
export type SyncPayAfterOrderRequest = Request<typeof syncRequest> & Numbered;

/** The number is in the path, and must not be in the body too. */
export interface Numbered {
  readonly outOrderNo: string;
}

/** The decrypted payload of a notification that a user has opened or closed a service. */
export const serviceNotification = {
  appid: required(text),
  mchid: required(text),
  service_id: required(text),
  openid: text,
  out_request_no: text,
  /** Of a permission (预授权); an ordinary authorization has `out_request_no`. */
  authorization_code: text,
  user_service_status: text,
  openorclose_time: serviceTime,
} satisfies Shape;

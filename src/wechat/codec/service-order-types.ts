import {
  type Answer,
  flag,
  integer,
  listOf,
  objectOf,
  type Request,
  required,
  type Shape,
  serviceDate,
  serviceTime,
  text,
  texts,
} from './codec.ts';
import type {
  CancelPayAfterOrderRequest,
  Numbered,
  SyncPayAfterOrderRequest,
} from './wire-types.ts';

/** Unattended machines must name themselves. */
const device = objectOf({ start_device_id: text, end_device_id: text, materiel_no: text });
const location = objectOf({ start_location: text, end_location: text });
const timeRange = objectOf({
  start_time: required(serviceTime),
  start_time_remark: text,
  end_time: serviceTime,
  end_time_remark: text,
});
const postPayments = listOf({
  name: required(text),
  amount: integer,
  description: text,
  count: integer,
});
/** The discounts of an order that is charged: they have an amount. */
const finalDiscounts = listOf({
  name: required(text),
  description: text,
  amount: required(integer),
  count: integer,
});
/** Coupons (优惠). The sources differ in where they are: in each detail, in the collection, or in the order. */
const promotionDetail = listOf({
  coupon_id: text,
  name: text,
  scope: text,
  type: text,
  amount: integer,
  stock_id: text,
  wechatpay_contribute: integer,
  merchant_contribute: integer,
  other_contribute: integer,
  currency: text,
  goods_detail: listOf({
    goods_id: text,
    quantity: integer,
    unit_price: integer,
    discount_amount: integer,
    goods_remark: text,
  }),
});

/** POST /v3/payscore/serviceorder, request. `need_user_confirm` has no agreed default: it is always sent. */
export const createServiceOrderRequest = {
  out_order_no: required(text),
  appid: required(text),
  service_id: required(text),
  service_introduction: required(text),
  post_payments: postPayments,
  post_discounts: listOf({ name: required(text), description: required(text), count: integer }),
  time_range: required(timeRange),
  location,
  risk_fund: required(
    objectOf({ name: required(text), amount: required(integer), description: text }),
  ),
  attach: text,
  notify_url: required(text),
  need_user_confirm: required(flag),
  openid: text,
  device,
} satisfies Shape;
export type CreateServiceOrderRequest = Request<typeof createServiceOrderRequest>;

/**
 * GET /v3/payscore/serviceorder, answer, and everything that the answers to the writes show of the
 * order. What an answer leaves out is null.
 */
export const serviceOrder = {
  appid: required(text),
  mchid: required(text),
  out_order_no: required(text),
  service_id: required(text),
  service_introduction: text,
  state: required(text),
  state_description: text,
  total_amount: integer,
  post_payments: listOf({ name: text, amount: integer, description: text, count: integer }),
  post_discounts: listOf({ name: text, description: text, amount: integer, count: integer }),
  risk_fund: objectOf({ name: text, amount: integer, description: text }),
  time_range: objectOf({
    start_time: serviceTime,
    end_time: serviceTime,
    start_time_remark: text,
    end_time_remark: text,
  }),
  location,
  attach: text,
  notify_url: text,
  order_id: text,
  openid: text,
  need_collection: flag,
  collection: objectOf({
    state: required(text),
    total_amount: integer,
    paying_amount: integer,
    paid_amount: integer,
    bank_type: text,
    details: listOf({
      seq: integer,
      amount: integer,
      paid_type: text,
      paid_time: serviceTime,
      transaction_id: text,
      promotion_detail: promotionDetail,
    }),
    promotion_detail: promotionDetail,
  }),
  promotion_detail: promotionDetail,
} satisfies Shape;
export type ServiceOrder = Answer<typeof serviceOrder>;

/** The answer to a create: the order, and what opens the confirmation page, once and for an hour. */
export const createdServiceOrder = { ...serviceOrder, package: text } satisfies Shape;
export type CreatedServiceOrder = Answer<typeof createdServiceOrder>;

/** POST …/{out_order_no}/complete, request: the lists replace those of the create. */
export const completeServiceOrderRequest = {
  appid: required(text),
  service_id: required(text),
  post_payments: required(postPayments),
  post_discounts: finalDiscounts,
  total_amount: required(integer),
  time_range: objectOf({ start_time: serviceTime, end_time: serviceTime }),
  location,
  profit_sharing: flag,
  goods_tag: text,
  device,
} satisfies Shape;
export type CompleteServiceOrderRequest = Request<typeof completeServiceOrderRequest> & Numbered;

/** POST …/{out_order_no}/modify, request: the whole lists again. */
export const modifyServiceOrderRequest = {
  appid: required(text),
  service_id: required(text),
  post_payments: required(postPayments),
  post_discounts: listOf({
    name: text,
    description: text,
    amount: required(integer),
    count: integer,
  }),
  total_amount: required(integer),
  reason: required(text),
  device,
} satisfies Shape;
export type ModifyServiceOrderRequest = Request<typeof modifyServiceOrderRequest> & Numbered;

/** WeChat Pay may accept a cancel without service_id: it is always sent. */
export type CancelServiceOrderRequest = CancelPayAfterOrderRequest;
export type SyncServiceOrderRequest = SyncPayAfterOrderRequest;

/** POST …/{out_order_no}/pay, request. */
export const collectServiceOrderRequest = {
  appid: required(text),
  service_id: required(text),
} satisfies Shape;
export type CollectServiceOrderRequest = Request<typeof collectServiceOrderRequest> & Numbered;

/**
 * POST …/direct-complete, request: the create and the complete of an order without confirmation in one.
 * It has no risk fund. Which of its times have to be given is not known.
 */
export const directCompleteServiceOrderRequest = {
  out_order_no: required(text),
  appid: required(text),
  service_id: required(text),
  service_introduction: required(text),
  post_payments: required(postPayments),
  post_discounts: finalDiscounts,
  total_amount: required(integer),
  time_range: required(timeRange),
  location,
  profit_sharing: flag,
  goods_tag: text,
  attach: text,
  notify_url: required(text),
  openid: required(text),
} satisfies Shape;
export type DirectCompleteServiceOrderRequest = Request<typeof directCompleteServiceOrderRequest>;

/** POST …/{out_order_no}/send-prepaidmessage and …/send-pendingmessage, request: it has no appid. */
export const serviceOrderMessageRequest = {
  service_id: required(text),
  post_payments: required(postPayments),
  post_discounts: finalDiscounts,
  total_amount: required(integer),
  prepaid_time: required(serviceDate),
} satisfies Shape;
/** @param appid names the order in the query that follows */
export type ServiceOrderMessageRequest = Request<typeof serviceOrderMessageRequest> &
  Numbered & { readonly appid: string };

/** POST /v3/payscore/permissions, request. */
export const applyPermissionRequest = {
  service_id: required(text),
  appid: required(text),
  authorization_code: required(text),
  notify_url: text,
} satisfies Shape;
export type ApplyPermissionRequest = Request<typeof applyPermissionRequest>;

/** The answer to it: the token opens the page for an hour. */
export const appliedPermission = { apply_permissions_token: required(text) } satisfies Shape;
export type AppliedPermission = Answer<typeof appliedPermission>;

/** GET /v3/payscore/permissions/…, answer. Its times are RFC 3339, unlike those of orders. */
export const permission = {
  service_id: required(text),
  appid: required(text),
  mchid: required(text),
  openid: text,
  authorization_code: text,
  authorization_state: required(text),
  notify_url: text,
  cancel_authorization_time: text,
  authorization_success_time: text,
  user_risk_level: text,
  risk_level_version: text,
} satisfies Shape;
export type Permission = Answer<typeof permission>;

/** POST …/authorization-code/{authorization_code}/terminate, request. */
export const terminateByCodeRequest = {
  service_id: required(text),
  reason: required(text),
} satisfies Shape;

/** POST …/openid/{openid}/terminate, request. */
export const terminateByOpenidRequest = {
  service_id: required(text),
  appid: required(text),
  reason: required(text),
} satisfies Shape;

/** POST /v3/payscore/users/{openid}/permissions/{service_id}/terminate, request. */
export const terminateByUserRequest = {
  appid: required(text),
  reason: required(text),
} satisfies Shape;

/** POST /v3/payscore/permissions/assess-user-risk-level, request. Which key has to be given is not known. */
export const assessUserRequest = {
  service_id: required(text),
  appid: required(text),
  authorization_code: text,
  openid: text,
  shopping_info: objectOf({
    goods: listOf({
      name: required(text),
      picture: required(text),
      amount: required(integer),
      count: required(integer),
      category_id: texts,
    }),
  }),
} satisfies Shape;

/** The answer to it. Without the level it is the answer to a query of the permission. */
export const assessedUser = {
  ...permission,
  user_risk_level: required(text),
  user_label: text,
} satisfies Shape;
export type AssessedUser = Answer<typeof assessedUser>;

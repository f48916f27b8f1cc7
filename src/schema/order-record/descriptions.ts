/** Of records and events. */
export const STATE_DESCRIPTION_RAW =
  '订单状态说明: of a service order, how far it is while its state is DOING, exactly as WeChat Pay names it. Null otherwise.';
export const COLLECTION_STATE_RAW =
  '收款状态: of a service order, whether it is paid, exactly as WeChat Pay names it. Null if WeChat Pay sent none.';

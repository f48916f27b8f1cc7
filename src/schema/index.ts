import './scalars.ts';
import './errors.ts';
import './pay-after-order/order-query.ts';
import './pay-after-order/create.ts';
import './pay-after-order/complete.ts';
import './pay-after-order/cancel.ts';
import './pay-after-order/sync.ts';
import './pay-after-order/user-service-state.ts';
import './service-order/order-query.ts';
import './order/node-query.ts';
import './order-record/recorded-order.ts';
import './order-record/order-events-subscription.ts';
import { builder } from './builder.ts';

export const schema = builder.toSchema();

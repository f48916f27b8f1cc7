import './scalars.ts';
import './errors.ts';
import './user-service-state.ts';
import './pay-after-order/query.ts';
import './pay-after-order/create.ts';
import './pay-after-order/complete.ts';
import './pay-after-order/cancel.ts';
import './pay-after-order/sync.ts';
import './pay-after-order/record.ts';
import './pay-after-order/events.ts';
import { builder } from './builder.ts';

export { createContext, type GraphQLContext, type ServerResources } from './context.ts';

export const schema = builder.toSchema();

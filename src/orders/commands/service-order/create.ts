import {
  type CreatedServiceOrder,
  type CreateServiceOrderRequest,
  OrderNotStartedError,
  phaseOf,
  type ServiceOrder,
} from '../../../wechat/index.ts';
import { checkNumberAvailable, ownerOfNew } from '../../access/ownership.ts';
import { SERVICE_ORDERS } from '../../products/products.ts';
import { type InputIssue, InvalidInputError } from '../../rules/field-rules.ts';
import { brokenRules } from '../../rules/rule.ts';
import {
  type CreateServiceOrderInput,
  SERVICE_ORDER_RULES,
} from '../../rules/service-order-input.ts';
import { plannedOf } from '../../state/observation.ts';
import { NO_ANSWER } from '../query-before-write.ts';
import { startDeadline, writeUnlessRefused } from '../write-order.ts';
import type {
  CallDeadline,
  OrderServices,
  OrderWrite,
  Refusal,
  Replayable,
} from '../write-types.ts';

/** What a server fills in. */
export interface CreateDefaults {
  /** Undefined if none is configured. */
  readonly notifyUrl: string | undefined;
}

/**
 * Checks a service order against every known rule, makes the intent durable, then creates the order
 * at WeChat Pay.
 * @throws what createOrder throws; OrderNotStartedError if WeChat Pay left an order in CREATED that
 *   needs no confirmation
 */
export async function createServiceOrder(
  services: OrderServices,
  input: CreateServiceOrderInput,
  defaults: CreateDefaults,
): Promise<Replayable<CreatedServiceOrder>> {
  const deadline = startDeadline(services.wechat);
  const { owner, issues } = ownerOfNew(services, input.openid);
  const own = [...issues, ...notifyUrlIssues(services, input, defaults)];
  const refusal = await checkCreate(services, input, { deadline, issues: own });
  const write = () => createWrite(services, input, { owner, defaults });
  return await writeUnlessRefused(services, write, refusal, deadline);
}

/** Only callers that act for every user decide where WeChat Pay sends its notifications. */
function notifyUrlIssues(
  { visibility }: Pick<OrderServices, 'visibility'>,
  { notifyUrl }: CreateServiceOrderInput,
  defaults: CreateDefaults,
): readonly InputIssue[] {
  const path = ['notifyUrl'];
  if (notifyUrl !== null && notifyUrl !== undefined) {
    const message = 'Only for callers with orders:any: omit it.';
    return visibility.kind === 'all' ? [] : [{ path, code: 'NOT_ALLOWED', message }];
  }
  const message = 'Required: no default is configured.';
  return defaults.notifyUrl === undefined ? [{ path, code: 'REQUIRED', message }] : [];
}

async function checkCreate(
  services: OrderServices,
  input: CreateServiceOrderInput,
  {
    deadline,
    issues: others,
  }: { readonly deadline: CallDeadline; readonly issues: readonly InputIssue[] },
): Promise<Refusal<ServiceOrder> | undefined> {
  const { inputRules, ledger } = services;
  const broken = brokenRules(SERVICE_ORDER_RULES.create, input, inputRules, ledger.now());
  const issues = [...broken, ...others];
  const order = { product: SERVICE_ORDERS.product, outOrderNo: input.outOrderNo };
  return issues.length > 0
    ? { error: new InvalidInputError(issues) }
    : await checkNumberAvailable(services, order, deadline.sendBy);
}

function createWrite(
  { wechat, ledger }: OrderServices,
  input: CreateServiceOrderInput,
  { owner, defaults }: { readonly owner: string | null; readonly defaults: CreateDefaults },
): OrderWrite<CreatedServiceOrder, ServiceOrder> {
  const { appid, serviceId, outOrderNo, notifyUrl, needUserConfirm } = input;
  const request: CreateServiceOrderRequest = {
    ...input,
    notifyUrl: notifyUrl ?? defaults.notifyUrl ?? '',
  };
  const { create } = wechat.serviceOrders;
  const fresh = create.prepare(request);
  const { notify_url: given, ...others } = fresh.canonical;
  // A change of the configured URL does not make other input of a repeat.
  const canonical = (notifyUrl ?? null) === null ? others : { ...others, notify_url: given };
  return {
    intended: {
      operation: 'create',
      product: SERVICE_ORDERS.product,
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(canonical),
      owner,
      prepare: fresh,
    },
    orders: {
      ...SERVICE_ORDERS,
      // As the create sends them: WeChat Pay shows the real ones in the same place later.
      observationOf: (order, sighting) => ({
        ...SERVICE_ORDERS.observationOf(order, sighting),
        planned: plannedOf(request),
      }),
    },
    send: (options) => create.send(request, options),
    seen: (order) => ({
      ...SERVICE_ORDERS.observationOf(order, { source: 'MUTATION', ledger }),
      planned: plannedOf(request),
    }),
    shownByQuery: (order) => {
      if (!needUserConfirm && phaseOf(order) === 'created') {
        throw new OrderNotStartedError(outOrderNo, order.state, NO_ANSWER);
      }
      return { ...order, package: null };
    },
  };
}

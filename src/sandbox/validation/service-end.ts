import { beijingDigits } from '../clock.ts';
import { type JsonObject, textOf } from '../http/json.ts';
import { type Order, startTimeOf } from '../orders/orders.ts';
import { NUMBER } from '../wechat/answer.ts';
import { paramError } from '../wechat/refusal.ts';
import { at } from './body-object.ts';
import { endsBeforeStart } from './service-times.ts';

const FIELD = '/real_service_end_time';

/** Refuses a real end that is missing, not after the start, or later than the call. */
export function mustEndInTime(
  wire: JsonObject,
  finishType: 1 | 2,
  order: Order,
  nowMs: number,
): void {
  const end = textOf(wire, 'real_service_end_time');
  if (end === undefined) {
    if (finishType === 2 && order.wire['service_end_time'] === undefined) {
      const detail = at(FIELD, 'required if create gave no service_end_time');
      throw paramError('创建订单未填写服务结束时间，则结束时间必填', detail);
    }
    return;
  }
  const starts = [textOf(wire, 'real_service_start_time'), startTimeOf(order)];
  if (starts.some((start) => endsBeforeStart(start, end))) {
    const detail = at(FIELD, 'not after the start');
    throw paramError('真实结束时间小于预计开始时间', detail, NUMBER.endsBeforeStart);
  }
  if (end > beijingDigits(nowMs).slice(0, end.length)) {
    throw paramError('实际结束时间不能晚于使用完结接口的时间', at(FIELD, 'later than the call'));
  }
}

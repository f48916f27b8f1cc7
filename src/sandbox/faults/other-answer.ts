import { type Answer, success } from '../wechat/answer.ts';
import type { OtherAnswer } from './fault.ts';

const OTHER_ORDER = {
  appid: 'wxd678efh567hg6787',
  mchid: '1230000109',
  out_order_no: 'ANOTHER-ORDER',
  service_id: '500001',
  order_id: '15646546545165651651',
  state: 'USER_PAID',
  total_amount: 1,
};

/** A successful answer of another call, signed like every success. */
export function otherAnswer(of: OtherAnswer): Answer {
  switch (of) {
    case 'empty-object':
      return success({});
    case 'empty-body':
      return { ...success({}), text: '' };
    case 'no-content':
      return { ...success({}), status: 204, text: '' };
    case 'other-order':
      return success(OTHER_ORDER);
    case 'user-service-state': {
      const { appid, service_id } = OTHER_ORDER;
      return success({ appid, service_id, use_service_state: 'AVAILABLE' });
    }
    case 'certificates':
      return success({ data: [] });
  }
}

import type { Intended } from '../../src/orders/commands/acquire-intent.ts';
import type { PreparedWrite } from '../../src/wechat/index.ts';

/** A create that is about to be sent. */
export function intended(changes: Partial<Intended> = {}): Intended {
  return {
    operation: 'create',
    outOrderNo: 'N1',
    appid: 'wx0000000000000001',
    serviceId: '500001',
    canonical: '{"out_order_no":"N1"}',
    owner: null,
    prepare: bytes,
    ...changes,
  };
}

let made = 0;

/** Other bytes each time, as encryption makes them. */
export function bytes(): PreparedWrite {
  made += 1;
  const body = Buffer.from(`{"made":${made}}`);
  return { target: '/v3/payscore/payafter-orders', body, platformSerial: `SERIAL_${made}` };
}

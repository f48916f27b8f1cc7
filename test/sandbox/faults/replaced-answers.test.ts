import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OTHER_ANSWERS } from '../../../src/sandbox/faults/fault.ts';
import type { JsonObject } from '../../../src/sandbox/http/json.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { createMerchant, isSignedBy, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;
let publicKey: string;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
  publicKey = sandbox.credentials.WECHAT_PUBLIC_KEY;
});
afterEach(() => merchant.control('DELETE', '/sandbox/faults'));
afterAll(() => sandbox.close());

const inject = (fault: unknown) => merchant.control('POST', '/sandbox/faults', fault);
const exists = async (outOrderNo: string) => (await merchant.stateOf(outOrderNo)) === 'CREATED';

describe('the fault status', () => {
  test('the fault status responds in place of WeChat Pay, without an effect', async () => {
    await inject({ on: 'create', fault: 'status', status: 503, retryAfter: 7 });
    const { status, json, headers } = await merchant.create({ out_order_no: 'ST' });
    expect([status, json['code'], headers.get('retry-after')]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      '7',
    ]);
    expect(await exists('ST')).toBe(false);
  });

  test('the fault status may take effect, and be a page of HTML', async () => {
    await inject({ on: 'create', fault: 'status', status: 502, html: true, takesEffect: true });
    const { headers, text } = await merchant.create({ out_order_no: 'HTML' });
    expect(headers.get('content-type')).toContain('text/html');
    expect(text).toContain('<h1>502</h1>');
    expect(await exists('HTML')).toBe(true);
  });

  test('the fault status of 429 is signed and carries the code and number that it should', async () => {
    await inject({ on: 'create', fault: 'status', status: 429, code: 'RATELIMIT_EXCEEDED' });
    const reply = await merchant.create();
    expect([reply.json['code'], reply.number]).toEqual(['RATELIMIT_EXCEEDED', '268435472']);
    expect(isSignedBy(reply, publicKey)).toBe(true);
  });

  test('the fault status of 202 is signed', async () => {
    await inject({ on: 'create', fault: 'status', status: 202 });
    const reply = await merchant.create();
    expect(reply.status).toBe(202);
    expect(isSignedBy(reply, publicKey)).toBe(true);
  });

  test.each([400, 401, 403, 404, 409, 429, 500, 502])(
    'the fault status of %i is signed, unsigned or wrongly signed, as its option says',
    async (status) => {
      const create = async (signature: string | undefined) => {
        await inject({ on: 'create', fault: 'status', status, ...(signature && { signature }) });
        const reply = await merchant.create();
        expect(reply.status).toBe(status);
        return reply.headers.has('wechatpay-signature') ? isSignedBy(reply, publicKey) : 'none';
      };
      const usual = status === 401 || status >= 500 ? 'none' : true;
      expect(await create(undefined)).toBe(usual);
      expect(await create('usual')).toBe(usual);
      expect(await create('none')).toBe('none');
      expect(await create('wrong')).toBe(false);
    },
  );

  test('the fault status without a valid signature may come after the order was created, or before', async () => {
    const refusal = { on: 'create', fault: 'status', status: 403, signature: 'none' };
    await inject([{ ...refusal, takesEffect: true }, refusal]);
    await merchant.create({ out_order_no: 'REF-1' });
    await merchant.create({ out_order_no: 'REF-2' });
    expect([await exists('REF-1'), await exists('REF-2')]).toEqual([true, false]);
  });
});

describe('the fault other-answer', () => {
  const ids = { appid: 'wxd678efh567hg6787', service_id: '500001' };
  const bodies: Readonly<Record<(typeof OTHER_ANSWERS)[number], JsonObject | string>> = {
    'empty-object': '{}',
    'empty-body': '',
    'no-content': '',
    'other-order': { ...ids, mchid: '1230000109', out_order_no: 'ANOTHER-ORDER' },
    'same-order': { ...ids, out_order_no: 'OTHER-same-order' },
    'user-service-state': { ...ids, use_service_state: 'AVAILABLE' },
    certificates: { data: [] },
  };

  test.each(OTHER_ANSWERS)(
    'the fault other-answer of %s is a validly signed success',
    async (of) => {
      await inject({ on: 'create', fault: 'other-answer', of });
      const reply = await merchant.create({ out_order_no: `OTHER-${of}` });
      expect(reply.status).toBe(of === 'no-content' ? 204 : 200);
      expect(reply.number).toBe('0');
      expect(isSignedBy(reply, publicKey)).toBe(true);
      const body = bodies[of];
      if (typeof body === 'string') {
        expect(reply.text).toBe(body);
      } else {
        expect(reply.json).toMatchObject(body);
      }
      expect(await exists(`OTHER-${of}`)).toBe(true);
    },
  );

  test('the fault other-answer may come although the call had no effect', async () => {
    const fault = { on: 'create', fault: 'other-answer', of: 'empty-object', takesEffect: false };
    await inject(fault);
    expect((await merchant.create({ out_order_no: 'OTHER-NO' })).status).toBe(200);
    expect(await exists('OTHER-NO')).toBe(false);
  });

  test('the fault other-answer replaces the response to any call', async () => {
    await inject({ on: 'any', fault: 'other-answer', of: 'other-order', times: 2 });
    const [query, state] = [
      await merchant.query({ out_order_no: 'X' }),
      await merchant.call('GET', '/v3/certificates'),
    ];
    expect([query, state].map(({ json }) => json['out_order_no'])).toEqual([
      'ANOTHER-ORDER',
      'ANOTHER-ORDER',
    ]);
  });
});

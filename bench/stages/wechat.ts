import { createPrivateKey, createPublicKey } from 'node:crypto';
import { decode, encode } from '../../src/wechat/codec/codec.ts';
import { createRequest, payAfterOrder } from '../../src/wechat/codec/wire-types.ts';
import { encryptField } from '../../src/wechat/crypto/encryption.ts';
import { authorization, verifySignature } from '../../src/wechat/crypto/signature.ts';
import { createTransport } from '../../src/wechat/http/transport.ts';
import { createSigner } from '../upstream/sign.ts';
import { APPID, MCHID, type Merchant, SERVICE_ID } from '../work/merchant.ts';
import { CREATE_INPUT, orderAnswer, PERSONAL } from '../work/order.ts';
import type { StageWork } from './stage.ts';

const NUMBER = 'Q000000000001';
const TARGET = `/v3/payscore/payafter-orders?service_id=${SERVICE_ID}&out_order_no=${NUMBER}&appid=${APPID}`;
const IN_FLIGHT = 16;
const ATTEMPT_MS = 3_000;
const EMPTY = new Uint8Array();

/** The stages of the client of WeChat Pay. */
export function wechatStages(merchant: Merchant, upstreamUrl: string): readonly StageWork[] {
  const { variables, upstream } = merchant;
  const credential = {
    mchid: MCHID,
    serial: variables['WECHAT_MERCHANT_SERIAL'] ?? '',
    privateKey: createPrivateKey(variables['WECHAT_MERCHANT_KEY'] ?? ''),
  };
  const platformKey = createPublicKey(variables['WECHAT_PUBLIC_KEY'] ?? '');
  const encrypt = (plaintext: string) => encryptField(platformKey, plaintext);
  const text = orderAnswer(NUMBER);
  const sign = createSigner(upstream['BENCH_WECHAT_KEY'] ?? '', upstream['BENCH_SERIAL'] ?? '');
  const headers = new Headers(sign(text));
  const answer = { header: (name: string) => headers.get(name), body: Buffer.from(text) };
  const wire: Readonly<Record<string, unknown>> = JSON.parse(text);
  const request = { ...CREATE_INPUT, appid: APPID, serviceId: SERVICE_ID, outOrderNo: NUMBER };
  const toSign = { method: 'GET', target: TARGET, nonce: 'a'.repeat(32), body: EMPTY };
  const nothing = () => {};
  return [
    {
      name: 'sign',
      what: 'Authorization of a query: RSA-2048, on another thread, one at a time',
      run: async (times) => {
        for (let time = 0; time < times; time += 1) {
          await authorization({ ...toSign, timestamp: time }, credential);
        }
      },
    },
    {
      name: 'verify',
      what: 'an answer to a query: headers, window, serial, signature',
      run: (times) => {
        for (let time = 0; time < times; time += 1) {
          if (verifySignature(answer, () => platformKey, Date.now()) !== undefined) {
            throw new Error('The answer should be believed.');
          }
        }
      },
    },
    {
      name: 'encrypt',
      what: 'four fields: RSA-OAEP',
      run: (times) => {
        for (let time = 0; time < times; time += 1) {
          for (const field of Object.values(PERSONAL)) {
            encrypt(field);
          }
        }
      },
    },
    {
      name: 'ky + Pool',
      what: `a GET of ${Buffer.byteLength(text)} bytes, ${IN_FLIGHT} in flight; the answer unread`,
      run: (times) => send(upstreamUrl, times),
    },
    {
      name: 'map in',
      what: "a create's 18 fields to WeChat Pay's names, unencrypted",
      run: (times) => {
        for (let time = 0; time < times; time += 1) {
          encode(createRequest, request, (plaintext) => plaintext);
        }
      },
    },
    {
      name: 'map out',
      what: "a query's 24 fields from WeChat Pay's names",
      run: (times) => {
        for (let time = 0; time < times; time += 1) {
          decode(payAfterOrder, wire, nothing);
        }
      },
    },
  ];
}

const CONNECTIONS = 64;

async function send(upstreamUrl: string, times: number): Promise<void> {
  const transport = createTransport({
    baseUrl: upstreamUrl,
    attemptMs: ATTEMPT_MS,
    connections: CONNECTIONS,
  });
  let left = times;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      const headers = { accept: 'application/json' };
      const wire = { method: 'GET', target: TARGET, headers, body: EMPTY } as const;
      const delivery = await transport.send({ ...wire, timeoutMs: ATTEMPT_MS });
      if (delivery.type !== 'answered') {
        throw new Error('The upstream did not answer.', { cause: delivery.cause });
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await transport.close();
}

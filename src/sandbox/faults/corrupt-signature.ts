import { type SignatureHeaders, signText } from '../http/signature.ts';
import type { PlatformKey } from '../identity.ts';
import { opaque, randomSerial } from '../random.ts';
import type { Fault } from './fault.ts';

/** Signs an answer, or spoils its signature in the one way that the fault asks for. */
export async function signOrSpoil(
  text: string,
  key: PlatformKey,
  nowMs: number,
  fault: Fault | undefined,
): Promise<Partial<SignatureHeaders>> {
  switch (fault?.fault) {
    case 'unsigned':
      return {};
    case 'stale':
      return await signText(text, key, nowMs - fault.seconds * 1000);
    case 'future':
      return await signText(text, key, nowMs + fault.seconds * 1000);
    case 'other-body':
      return await signText('{}', key, nowMs);
    case 'unknown-serial':
      return { ...(await signText(text, key, nowMs)), 'Wechatpay-Serial': randomSerial() };
    case 'probe':
      return {
        ...(await signText(text, key, nowMs)),
        'Wechatpay-Signature': `WECHATPAY/SIGNTEST/${opaque(192)}`,
      };
    case 'wrong-signature':
      return await wronglySigned(text, key, nowMs);
    case 'status':
      return fault.signature === 'wrong'
        ? await wronglySigned(text, key, nowMs)
        : await signText(text, key, nowMs);
    default:
      return await signText(text, key, nowMs);
  }
}

async function wronglySigned(text: string, key: PlatformKey, nowMs: number) {
  const headers = await signText(text, key, nowMs);
  const signature = Buffer.from(headers['Wechatpay-Signature'], 'base64').reverse();
  return { ...headers, 'Wechatpay-Signature': signature.toString('base64') };
}

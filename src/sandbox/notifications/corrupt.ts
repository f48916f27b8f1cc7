import { signOrSpoil } from '../faults/corrupt-signature.ts';
import type { NotificationFault } from '../faults/fault.ts';
import type { SandboxState } from '../sandbox.ts';
import { requestId } from '../wechat/answer.ts';
import { type Notification, unreadable } from './notification.ts';
import type { Message } from './post.ts';

/** The bytes and headers of one attempt: signed anew each time, and wrong in the way a fault asks for. */
export async function messageFor(
  notification: Notification,
  fault: NotificationFault | undefined,
  world: SandboxState,
): Promise<Message> {
  const { identity, rules } = world;
  const byCertificate = rules.notifySignedBy === 'certificate' && rules.certificates === 'served';
  const key = byCertificate ? identity.certificates[0] : identity.publicKeyMode;
  const text = fault?.fault === 'bad-ciphertext' ? unreadable(notification) : notification.text;
  const signature = await signOrSpoil(text, key, world.realNow(), fault);
  return {
    bytes: Buffer.from(fault?.fault === 'tamper' ? tampered(text) : text),
    headers: {
      'Content-Type': 'application/json',
      Accept: '*/*',
      'User-Agent': 'Mozilla/4.0',
      'Request-ID': requestId(0),
      ...signature,
    },
  };
}

/** One byte of the ciphertext is another; the body is still JSON, so that only the signature tells. */
function tampered(text: string): string {
  return text.replace(/(?<="ciphertext":")./, (first) => (first === 'A' ? 'B' : 'A'));
}

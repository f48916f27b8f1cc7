import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import { isJsonObject, type JsonObject, parseJson } from '../../src/sandbox/http/json.ts';

/** One notification as it came in. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: JsonObject;
}

/** Answers the nth notification with a status; `hang` never answers. */
export type Behaviour = (nth: number) => number | 'hang';

/** A merchant's server for notifications, on a port of its own. */
export async function startReceiver() {
  const received: Received[] = [];
  let behave: Behaviour = () => 204;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const json = parseJson(bytes);
      received.push({
        headers: request.headers,
        text: bytes.toString(),
        json: isJsonObject(json) ? json : {},
      });
      const status = behave(received.length);
      if (status !== 'hang') {
        response.writeHead(status).end();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/wechat/notify`,
    received,
    /** Forgets what came, and answers what comes from now on like this. */
    reset: (behaviour: Behaviour = () => 204) => {
      received.length = 0;
      behave = behaviour;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Whether the ecosystem's SDK takes this for WeChat's own, by this key (PEM, also a certificate). */
export function isAuthentic({ headers, text }: Received, publicKey: string): boolean {
  const header = (name: string) => String(headers[`wechatpay-${name}`] ?? '');
  const message = Formatter.response(header('timestamp'), header('nonce'), text);
  return Rsa.verify(message, header('signature'), publicKey);
}

/** What the ecosystem's SDK decrypts. Throws if it can't. */
export function decrypted({ json }: Received, apiV3Key: string): JsonObject {
  const resource = isJsonObject(json['resource']) ? json['resource'] : {};
  const text = (name: string) => String(resource[name]);
  const plain = Aes.AesGcm.decrypt(
    text('ciphertext'),
    apiV3Key,
    text('nonce'),
    text('associated_data'),
  );
  const payload = parseJson(Buffer.from(plain));
  return isJsonObject(payload) ? payload : {};
}

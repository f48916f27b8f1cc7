import { ControlError } from '../controls/control-input.ts';
import { isLoopback } from '../http/request.ts';

/**
 * The notification URL if it is allowed: http, on this machine, without user, query or fragment.
 * Any other URL would make the sandbox a way to reach what only this machine can.
 * @throws ControlError 400
 */
export function checkNotifyUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain = url?.href === `http://${url?.host}${url?.pathname}`;
  if (!url || !isPlain || text.includes('?') || !isLoopback(url.hostname)) {
    const example = 'for example http://127.0.0.1:4000/wechat/notify';
    throw new ControlError(
      400,
      `url must be an http URL on this machine without a query, ${example}`,
    );
  }
  return url.href;
}

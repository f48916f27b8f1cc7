import { ControlError } from '../controls/control-input.ts';
import { isLoopback } from '../http/request.ts';

/**
 * The URL to notify, if it may be one: http, on this machine, without user, query or fragment. A
 * sandbox that could be pointed elsewhere would be a way to call what only this machine can reach.
 *
 * @throws ControlError 400
 */
export function checkNotifyUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain = url?.href === `http://${url?.host}${url?.pathname}`;
  if (!url || !isPlain || text.includes('?') || !isLoopback(url.hostname)) {
    const example = 'for example http://127.0.0.1:4000/wechat/notify';
    throw new ControlError(400, `url is an http URL on this machine without a query, ${example}`);
  }
  return url.href;
}

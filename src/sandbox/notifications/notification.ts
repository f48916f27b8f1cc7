import { randomBytes, randomUUID } from 'node:crypto';
import { seal } from '../http/seal.ts';

export type EventType =
  | 'PAYSCORE.USER_ACCEPTED'
  | 'PAYSCORE.USER_CONFIRM'
  | 'PAYSCORE.USER_PAID'
  | 'PAYSCORE.USER_OPEN_SERVICE'
  | 'PAYSCORE.USER_CLOSE_SERVICE'
  | 'SECURITY_ECHO.SUCCESS';

/** The event, as the field `summary` names it. */
const SUMMARY: Readonly<Record<EventType, string>> = {
  'PAYSCORE.USER_ACCEPTED': '用户确认订单',
  'PAYSCORE.USER_CONFIRM': '用户确认订单',
  'PAYSCORE.USER_PAID': '用户支付成功',
  'PAYSCORE.USER_OPEN_SERVICE': '用户开启服务',
  'PAYSCORE.USER_CLOSE_SERVICE': '用户关闭服务',
  'SECURITY_ECHO.SUCCESS': '签名验签与加解密测试',
};

/** One notification. All attempts to deliver it have the same id and the same bytes. */
export interface Notification {
  readonly id: string;
  readonly eventType: EventType;
  /** null: it concerns a user, not an order. */
  readonly outOrderNo: string | null;
  /** RFC 3339, of the business clock. */
  readonly createTime: string;
  /** The payload after decryption. */
  readonly payload: object;
  /** The request body. */
  readonly text: string;
}

type NotificationParts = Omit<Notification, 'id' | 'text'>;

export function newNotification(parts: NotificationParts, apiV3Key: string): Notification {
  const notification = { ...parts, id: randomUUID() };
  return { ...notification, text: envelope(notification, apiV3Key) };
}

/** The same body, encrypted for another merchant, so that decryption fails. */
export function unreadable(notification: Notification): string {
  return envelope(notification, randomBytes(16).toString('hex'));
}

function envelope(notification: Omit<Notification, 'text'>, apiV3Key: string): string {
  const type = notification.eventType.startsWith('PAYSCORE.') ? 'payscore' : 'security';
  return JSON.stringify({
    id: notification.id,
    create_time: notification.createTime,
    event_type: notification.eventType,
    resource_type: 'encrypt-resource',
    summary: SUMMARY[notification.eventType],
    resource: {
      original_type: type,
      ...seal(JSON.stringify(notification.payload), apiV3Key, type),
    },
  });
}

export { attemptTimeout } from './attempts.ts';
export type { CertificateNews } from './certificate-store.ts';
export { checkOptions, readSymmetricKey } from './check-options.ts';
export { createWechatPay, type WechatPay } from './client.ts';
export { createdByQuery } from './create-pay-after-order.ts';
export * from './errors.ts';
export { type BusinessType, type Launch, signLaunch, UnsignableLaunchError } from './launch.ts';
export { type Notice, UndecryptableNoticeError, UntrustedNoticeError } from './notification.ts';
export {
  type OptionProblem,
  type WechatPayKeys,
  type WechatPayOptions,
  WechatPayOptionsError,
} from './options.ts';
export type {
  PayAfterOrderKey,
  PayAfterOrderQuery,
  QueryOptions,
} from './query-pay-after-order.ts';
export type { AttemptReport, BreakerState } from './report.ts';
export { decryptResource, type EncryptedResource } from './resource.ts';
export * from './service-time.ts';
export type { UserServiceStateQuery } from './user-service-state.ts';
export type { SignedMessage } from './verify.ts';
export type {
  CancelPayAfterOrderRequest,
  ChangedPayAfterOrder,
  CompletePayAfterOrderRequest,
  CreatedPayAfterOrder,
  CreatePayAfterOrderRequest,
  PayAfterOrder,
  SyncPayAfterOrderRequest,
  UserServiceState,
} from './wire.ts';
export type { FreshWrite, PreparedWrite, WriteOptions } from './write.ts';
export { outcomeByQuery, type WriteOutcome } from './write-outcome.ts';

export { attemptTimeout } from './calls/retry-policy.ts';
export type { SendReport } from './calls/run-attempts.ts';
export { checkOptions, readSymmetricKey } from './check-options.ts';
export { createWechatPay, type WechatPay } from './client.ts';
export type {
  AppliedPermission,
  ApplyPermissionRequest,
  AssessedUser,
  CancelServiceOrderRequest,
  CollectServiceOrderRequest,
  CompleteServiceOrderRequest,
  CreatedServiceOrder,
  CreateServiceOrderRequest,
  DirectCompleteServiceOrderRequest,
  ModifyServiceOrderRequest,
  Permission,
  ServiceOrder,
  ServiceOrderMessageRequest,
  SyncServiceOrderRequest,
} from './codec/service-order-types.ts';
export * from './codec/service-time.ts';
export type {
  CancelPayAfterOrderRequest,
  CompletePayAfterOrderRequest,
  CreatedPayAfterOrder,
  CreatePayAfterOrderRequest,
  PayAfterOrder,
  SyncPayAfterOrderRequest,
  UpdatedPayAfterOrder as ChangedPayAfterOrder,
  UserServiceState,
} from './codec/wire-types.ts';
export { decryptResource, type EncryptedResource } from './crypto/encryption.ts';
export {
  type BusinessType,
  type Launch,
  signLaunch,
  UnsignableLaunchError,
  unsignedLaunch,
} from './endpoints/launch.ts';
export {
  createdByQuery,
  type PayAfterOrderKey,
  type PayAfterOrderQuery,
} from './endpoints/pay-after-orders.ts';
export type {
  AssessUserRequest,
  PermissionKey,
  PermissionQuery,
} from './endpoints/permission-query.ts';
export type {
  Permissions,
  TerminatePermissionRequest,
  UserTermination,
} from './endpoints/permissions.ts';
export type { OrderKey, OrderQuery, QueryOptions } from './endpoints/query-order.ts';
export type { FreshWrite, PreparedWrite, WriteOptions } from './endpoints/send-write.ts';
export {
  isSuperseded,
  readServiceOrderCreate,
  serviceOrderOutcome,
} from './endpoints/service-order/outcome.ts';
export { phaseOf, type ServiceOrderPhase } from './endpoints/service-order/phase.ts';
export type { ServiceOrderKey, ServiceOrderQuery } from './endpoints/service-order/query.ts';
export type { ServiceOrders, ServiceOrderWrite } from './endpoints/service-order/service-orders.ts';
export type { UpdatedServiceOrder } from './endpoints/service-order/update.ts';
export type { UserServiceStateQuery } from './endpoints/user-service-state.ts';
export { outcomeByQuery, type WriteOutcome } from './endpoints/write-outcome.ts';
export * from './errors.ts';
export type { KeyTrial } from './keys/download-certificates.ts';
export { readCertificates } from './keys/pem.ts';
export {
  type Notification,
  type ReceivedNotification,
  UndecryptableNotificationError,
  UntrustedNotificationError,
} from './notifications/notification.ts';
export {
  type AttemptReport,
  type BreakerState,
  type CertificateNews,
  type OptionProblem,
  type WechatPayKeys,
  type WechatPayOptions,
  WechatPayOptionsError,
} from './options.ts';

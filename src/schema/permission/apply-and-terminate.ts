import { InvalidInputError } from '../../orders/rules/field-rules.ts';
import {
  applyPermissionIssues,
  terminatePermissionIssues,
} from '../../orders/rules/permission-input.ts';
import {
  type Permission,
  PermissionInUseError,
  PermissionOutcomeUnknownError,
  unsignedLaunch,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { ANY_APPID, ANY_SERVICE_ID, PLAIN_TEXTS } from '../descriptions.ts';
import { UserError } from '../errors.ts';
import { LaunchType } from '../launch.ts';
import { reasonOf, UnknownOutcomeReason } from '../order/order-errors.ts';
import { withDefaults, writing } from '../resolver.ts';
import { ServicePermissionKeyInput, ServicePermissionType, toPermissionKey } from './permission.ts';

builder.objectType(PermissionInUseError, {
  name: 'PermissionInUseError',
  description:
    'The permission cannot end while orders under it are open (存在未完成订单). Complete or cancel them first.',
  interfaces: [UserError],
});

builder.objectType(PermissionOutcomeUnknownError, {
  name: 'PermissionOutcomeUnknownError',
  description:
    'It is unknown whether the permission has ended. Retry the same call with increasing waits, or query servicePermission.',
  interfaces: [UserError],
  fields: (t) => ({
    reason: t.field({
      type: UnknownOutcomeReason,
      nullable: false,
      description: 'Why the outcome is unknown.',
      resolve: ({ reason }) => reasonOf(reason),
    }),
  }),
});

const ApplyInput = builder.inputType('ApplyServicePermissionInput', {
  description: `商户预授权: the permission to apply for. It names no user: it becomes that of the user who agrees on its page. ${PLAIN_TEXTS}`,
  fields: (t) => ({
    appid: t.string({ description: ANY_APPID }),
    serviceId: t.string({ description: ANY_SERVICE_ID }),
    authorizationCode: t.string({
      required: true,
      description:
        "授权协议号: the merchant's own number of the permission. Generate a new one for each permission that a user is to give, and store it: servicePermission finds the permission by it. WeChat Pay documents neither its length nor whether it can be used for a second application; if that is refused, use a new one.",
    }),
    notifyUrl: t.string({
      description:
        '商户回调地址: where WeChat Pay sends its webhooks about the permission: a public https URL without a query. If omitted, the URL of this server that its operator has configured (`WECHAT_NOTIFY_URL`). If that is missing too, WeChat Pay gets no URL, and does not document whether it then sends webhooks.',
    }),
  }),
});

interface Applied {
  readonly authorizationCode: string;
  readonly applyPermissionsToken: string;
}

const ApplyPayload = builder.objectRef<Applied>('ApplyServicePermissionPayload').implement({
  description:
    '商户预授权: WeChat Pay has accepted the application. The user has not agreed yet: open `launch`, then query servicePermission until it is AVAILABLE, or until the hour of the token is over. WeChat Pay does not document what it shows of a user who declines.',
  fields: (t) => ({
    authorizationCode: t.exposeString('authorizationCode', {
      nullable: false,
      description: "授权协议号: the merchant's own number, as in the input.",
    }),
    applyPermissionsToken: t.exposeString('applyPermissionsToken', {
      nullable: false,
      description:
        '预授权token: opens the page, for an hour. Also contained in `launch`. After the hour, apply again, with a new authorizationCode.',
    }),
    launch: t.field({
      type: LaunchType,
      nullable: false,
      description:
        'Launch data that opens the page where the user gives the permission (调起支付分授权页, wxpayScoreEnable). It contains only the token and needs no signature.',
      resolve: ({ applyPermissionsToken: token }) =>
        unsignedLaunch('wxpayScoreEnable', { apply_permissions_token: token }),
    }),
  }),
});

builder.mutationField('applyServicePermission', (t) =>
  t.field({
    ...requireScope('permissions:write'),
    type: ApplyPayload,
    nullable: false,
    description:
      '商户预授权: applies for a permission (免确认): the user agrees once, on the page that `launch` opens, and service orders then need no confirmation of their own. Requires permissions:write and orders:any: it is not for end users. Nothing changes before the user agrees there, so it is safe to call it again after any error.',
    errors: {
      types: [InvalidInputError, WechatRefusedError, WechatUnavailableError],
      union: { description: 'Result of applyServicePermission: its payload, or an error.' },
    },
    args: {
      input: t.arg({ type: ApplyInput, required: true, description: 'The permission.' }),
    },
    resolve: (_, { input: { authorizationCode, notifyUrl, ...given } }, context) =>
      writing(context, { operation: 'applyServicePermission' }, async () => {
        const ids = withDefaults(given, context);
        refuseInvalid(
          applyPermissionIssues({ ...ids, authorizationCode, notifyUrl }, context.inputRules),
        );
        const url = notifyUrl ?? context.defaults.notifyUrl?.();
        const request = { ...ids, authorizationCode, ...(url !== undefined && { notifyUrl: url }) };
        const { applyPermissionsToken } = await trusted(
          context.wechat.permissions.apply(request, { onSent: context.onSent }),
        );
        return { authorizationCode, applyPermissionsToken };
      }),
  }),
);

/** Nothing has changed, whatever the answer was: it is safe to retry. */
async function trusted<T>(applying: Promise<T>): Promise<T> {
  try {
    return await applying;
  } catch (error) {
    if (!(error instanceof WechatUntrustedError)) {
      throw error;
    }
    const { message, status, code, requestId } = error;
    const details = { status, code, requestId, reason: 'UNTRUSTED_ANSWER', cause: error };
    throw new WechatUnavailableError(message, details);
  }
}

const TerminateInput = builder.inputType('TerminateServicePermissionInput', {
  description: `解除授权: the permission to end, and why. ${PLAIN_TEXTS}`,
  fields: (t) => ({
    appid: t.string({ description: ANY_APPID }),
    serviceId: t.string({ description: ANY_SERVICE_ID }),
    by: t.field({
      type: ServicePermissionKeyInput,
      required: true,
      description: 'Which permission: its authorizationCode or its user (二选一).',
    }),
    reason: t.string({
      required: true,
      description: '撤销原因: why the permission ends; the user sees it. 1 to 50 characters.',
    }),
  }),
});

const TerminatePayload = builder
  .objectRef<{ readonly permission: Permission }>('TerminateServicePermissionPayload')
  .implement({
    description: '解除授权: the permission has ended.',
    fields: (t) => ({
      permission: t.expose('permission', {
        type: ServicePermissionType,
        nullable: false,
        description: '授权记录: the permission after its end, as WeChat Pay shows it.',
      }),
    }),
  });

builder.mutationField('terminateServicePermission', (t) =>
  t.field({
    ...requireScope('permissions:write'),
    type: TerminatePayload,
    nullable: false,
    description:
      '解除授权: ends the permission of a user for service orders without confirmation. Requires permissions:write and orders:any: it is not for end users. It succeeds only after a query has shown that the permission has ended (UNAVAILABLE); a repeat then succeeds again. If WeChat Pay has no such permission, it is a WechatRefusedError. While orders under it are open, it is a PermissionInUseError. After the end WeChat Pay refuses new orders without confirmation (needUserConfirm: false); it can still collect payments of earlier orders.',
    errors: {
      types: [
        InvalidInputError,
        PermissionInUseError,
        WechatRefusedError,
        WechatUnavailableError,
        PermissionOutcomeUnknownError,
      ],
      union: { description: 'Result of terminateServicePermission: its payload, or an error.' },
    },
    args: {
      input: t.arg({ type: TerminateInput, required: true, description: 'The permission.' }),
    },
    resolve: (_, { input: { by, reason, ...given } }, context) =>
      writing(context, { operation: 'terminateServicePermission' }, async () => {
        const ids = withDefaults(given, context);
        const key = toPermissionKey(by);
        refuseInvalid(terminatePermissionIssues({ ...ids, by: key, reason }, context.inputRules));
        const request = { ...ids, ...key, reason };
        const { onSent, wechat } = context;
        return { permission: await wechat.permissions.terminate(request, { onSent }) };
      }),
  }),
);

function refuseInvalid(issues: InvalidInputError['issues']): void {
  if (issues.length > 0) {
    throw new InvalidInputError(issues);
  }
}

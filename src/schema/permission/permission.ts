import { permissionKeyIssues } from '../../orders/rules/permission-input.ts';
import type { Permission, PermissionKey } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { ANY_APPID, ANY_SERVICE_ID } from '../descriptions.ts';
import { knownValue } from '../enum-values.ts';
import { badUserInput } from '../query-errors.ts';
import { assertValidArguments, reading, withDefaults } from '../resolver.ts';

const AuthorizationState = builder.enumType('AuthorizationState', {
  description: '授权状态: whether a user permits service orders without confirming each one.',
  values: {
    AVAILABLE: { description: '已授权: the user permits them.' },
    UNAVAILABLE: { description: '未授权: the user does not permit them, or no longer.' },
    UNBINDUSER: {
      description:
        '未绑定用户: the permission was applied for, but no user has opened its page yet.',
    },
    UNKNOWN: {
      description:
        'A value that this server version does not know. The raw value is in `authorizationStateRaw`. Do not treat it as AVAILABLE.',
    },
  },
});

const STATES = ['AVAILABLE', 'UNAVAILABLE', 'UNBINDUSER'] as const;

export const ServicePermissionType = builder.objectRef<Permission>('ServicePermission').implement({
  description:
    '授权记录 (预授权): a permission of a user for service orders without confirmation, as WeChat Pay shows it.',
  fields: (t) => ({
    appid: t.exposeString('appid', {
      nullable: false,
      description: '应用ID: the appid of the permission.',
    }),
    mchid: t.exposeString('mchid', {
      nullable: false,
      description: '商户号: the number of the merchant, assigned by WeChat Pay.',
    }),
    serviceId: t.exposeString('serviceId', {
      nullable: false,
      description: '服务ID: the service of the permission.',
    }),
    openid: t.exposeString('openid', {
      description:
        "用户标识: the user's openid under the appid. Null before a user has opened the page.",
    }),
    authorizationCode: t.exposeString('authorizationCode', {
      description:
        "授权协议号: the merchant's own number of the permission. Null if WeChat Pay sends none.",
    }),
    authorizationState: t.field({
      type: AuthorizationState,
      nullable: false,
      description: '授权状态: whether the user permits orders without confirmation.',
      resolve: ({ authorizationState: word }, _, { log }) =>
        knownValue(STATES, 'authorization_state', word, log),
    }),
    authorizationStateRaw: t.exposeString('authorizationState', {
      nullable: false,
      description: '授权状态: the same exactly as WeChat Pay names it.',
    }),
    authorizationSuccessTime: t.field({
      type: 'DateTime',
      description: '授权成功时间: when the user gave the permission. Null before that.',
      resolve: ({ authorizationSuccessTime: time }) => momentOf(time),
    }),
    cancelAuthorizationTime: t.field({
      type: 'DateTime',
      description: '解除授权时间: when the permission ended. Null before that.',
      resolve: ({ cancelAuthorizationTime: time }) => momentOf(time),
    }),
    notifyUrl: t.exposeString('notifyUrl', {
      description:
        '商户回调地址: where WeChat Pay sends its webhooks about the permission. Null if WeChat Pay sends none, as for a query by openid.',
    }),
  }),
});

function momentOf(time: string | null): number | null {
  const moment = Date.parse(time ?? '');
  return Number.isNaN(moment) ? null : moment;
}

export const ServicePermissionKeyInput = builder.inputType('ServicePermissionKey', {
  description: 'The key of a permission: exactly one of the two fields (二选一).',
  isOneOf: true,
  fields: (t) => ({
    authorizationCode: t.string({
      description: "授权协议号: the merchant's own number, as passed to applyServicePermission.",
    }),
    openid: t.string({
      description: "用户标识: the user's openid under the appid. At most 128 characters.",
    }),
  }),
});

/** graphql has checked that exactly one is given. */
export function toPermissionKey({
  authorizationCode,
  openid,
}: typeof ServicePermissionKeyInput.$inferInput): PermissionKey {
  if (typeof authorizationCode === 'string') {
    return { authorizationCode };
  }
  if (typeof openid === 'string') {
    return { openid };
  }
  throw badUserInput('Exactly one of authorizationCode and openid is required.');
}

builder.queryField('servicePermission', (t) =>
  t.field({
    type: ServicePermissionType,
    ...requireScope('permissions:read'),
    description:
      '查询授权记录: the permission of a user for service orders without confirmation, read from WeChat Pay. Requires permissions:read and orders:any: it is not for end users. Null if WeChat Pay has no such permission.',
    args: {
      by: t.arg({
        type: ServicePermissionKeyInput,
        required: true,
        description: 'Which permission: its authorizationCode or its user.',
      }),
      serviceId: t.arg.string({ description: ANY_SERVICE_ID }),
      appid: t.arg.string({ description: ANY_APPID }),
    },
    resolve: async (_, { by, ...ids }, context) => {
      const key = toPermissionKey(by);
      const query = { ...key, ...withDefaults(ids, context) };
      assertValidArguments(query, permissionKeyIssues(key, context.inputRules), context);
      return await reading(context, { operation: 'servicePermission' }, () => {
        context.calls.read();
        return context.wechat.permissions.query(query, { signal: context.signal });
      });
    },
  }),
);

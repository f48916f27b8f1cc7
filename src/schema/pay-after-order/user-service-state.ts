import { requestNoIssues, userKeyIssues } from '../../orders/rules/field-rules.ts';
import type { UserServiceState } from '../../wechat/index.ts';
import { assertValidArguments, withDefaults } from '../arguments.ts';
import { forbidden, requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { launch, PayAfterLaunch } from '../launch.ts';
import { badArguments, queryError } from '../query-errors.ts';

const UseServiceState = builder.enumType('UseServiceState', {
  description: '用户授权状态: whether a user has authorised a service.',
  values: {
    AVAILABLE: {
      description: '已授权: the user has authorised the service; an order may be made.',
    },
    UNAVAILABLE: { description: '未授权: the user has not authorised it.' },
    UNKNOWN: { description: 'A word of WeChat Pay that is newer than this server; it is logged.' },
  },
});

const UserServiceStateType = builder.objectRef<UserServiceState>('UserServiceState').implement({
  description: '用户授权状态: may this user use the service? Asked before an order is made.',
  fields: (t) => ({
    appid: t.exposeString('appid', { nullable: false, description: '应用ID, as asked.' }),
    serviceId: t.exposeString('serviceId', { nullable: false, description: '服务ID, as asked.' }),
    openid: t.exposeString('openid', {
      description:
        "用户标识: the user's id under the appid, as WeChat repeats it; null where it doesn't.",
    }),
    launch: t.field({
      type: PayAfterLaunch,
      description:
        'What opens the page of WeChat Pay where the user authorises the service (调起支付分授权页, wxpayScoreEnable).',
      args: {
        outRequestNo: t.arg.string({
          required: true,
          description:
            "商户请求授权的唯一流水号: the merchant's own unique number of this request. Never with &, = or control characters, because the value is signed. By analogy: 1 to 64 digits, letters and _ - | *.",
        }),
      },
      resolve: ({ serviceId }, { outRequestNo }, context) => {
        const issues = requestNoIssues(outRequestNo, context.inputRules);
        if (issues.length > 0) {
          throw badArguments(issues, 'Nothing was signed.');
        }
        const parameters = { service_id: serviceId, out_request_no: outRequestNo };
        return launch('wxpayScoreEnable', parameters, context);
      },
    }),
    useServiceState: t.field({
      type: UseServiceState,
      nullable: false,
      description: '授权状态.',
      resolve: ({ useServiceState: word }, _, { log }) => {
        if (word === 'AVAILABLE' || word === 'UNAVAILABLE') {
          return word;
        }
        log.warn({ field: 'use_service_state', word }, 'unknown enum value from WeChat Pay');
        return 'UNKNOWN';
      },
    }),
  }),
});

builder.queryField('userServiceState', (t) =>
  t.field({
    type: UserServiceStateType,
    ...requireScope('orders:read'),
    nullable: false,
    description:
      '查询用户授权状态: may this user use the service? One call to WeChat Pay. An order with needUserConfirm: false needs AVAILABLE first.',
    args: {
      openid: t.arg.string({
        required: true,
        description: "用户标识: the user's id under the appid. At most 128 characters, by analogy.",
      }),
      serviceId: t.arg.string({ description: '服务ID; left out, the configured one.' }),
      appid: t.arg.string({ description: '应用ID; left out, the configured one.' }),
    },
    resolve: async (_, { openid, ...ids }, context) => {
      const { appid, serviceId } = withDefaults(ids, context);
      assertValidArguments(
        { appid, serviceId },
        userKeyIssues(openid, context.inputRules),
        context,
      );
      const { wechat, signal, calls, caller, visibility } = context;
      if (visibility.kind !== 'all' && openid !== caller.openid) {
        throw forbidden('This caller may ask about its own openid alone.');
      }
      try {
        calls.read();
        return await wechat.queryUserServiceState({ appid, serviceId, openid }, { signal });
      } catch (error) {
        throw queryError(error);
      }
    },
  }),
);

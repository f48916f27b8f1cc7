import { requestNoIssues, userKeyIssues } from '../../orders/rules/field-rules.ts';
import type { UserServiceState } from '../../wechat/index.ts';
import { forbidden, requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import {
  ANY_APPID,
  ANY_SERVICE_ID,
  BY_ANALOGY,
  LAUNCH_ERROR,
  REQUEST_NUMBER,
} from '../descriptions.ts';
import { LaunchType, launch } from '../launch.ts';
import { badArguments } from '../query-errors.ts';
import { assertValidArguments, reading, withDefaults } from '../resolver.ts';

const UseServiceState = builder.enumType('UseServiceState', {
  description: '用户授权状态: whether a user has authorized a service.',
  values: {
    AVAILABLE: {
      description: '已授权: the user has authorized the service.',
    },
    UNAVAILABLE: { description: '未授权: the user has not authorized the service.' },
    UNKNOWN: {
      description: 'A value that this server version does not know. Do not treat it as AVAILABLE.',
    },
  },
});

const UserServiceStateType = builder.objectRef<UserServiceState>('UserServiceState').implement({
  description: `用户授权状态: whether the user has authorized the service, that is, accepts orders of it without confirming each one. Needed only before a pay-after order with needUserConfirm: false, which requires AVAILABLE. For service orders, servicePermission shows the permission of a user (预授权). If it is UNAVAILABLE, open \`launch\`, then query again. ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.exposeString('appid', {
      nullable: false,
      description: '应用ID: the appid of the query.',
    }),
    serviceId: t.exposeString('serviceId', {
      nullable: false,
      description: '服务ID: the service of the query.',
    }),
    openid: t.exposeString('openid', {
      description:
        "用户标识: the user's openid under the appid. Null if WeChat Pay does not return it.",
    }),
    launch: t.field({
      type: LaunchType,
      description: `Launch data that opens the WeChat Pay page where the user authorizes the service (调起支付分授权页, wxpayScoreEnable). It does not open the confirmation page of an order. ${LAUNCH_ERROR}`,
      args: {
        outRequestNo: t.arg.string({
          required: true,
          description: REQUEST_NUMBER,
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
      description: '授权状态: whether the user has authorized the service.',
      resolve: ({ useServiceState: word }, _, { log }) => {
        if (word === 'AVAILABLE' || word === 'UNAVAILABLE') {
          return word;
        }
        log.warn({ why: 'use_service_state', word }, 'unknown enum value from WeChat Pay');
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
      '查询用户授权状态: whether the user has authorized the service, that is, accepts orders of it without confirming each one. Requires orders:read; a caller without orders:any may query only its own openid, else FORBIDDEN. Needed only before a pay-after order with needUserConfirm: false; for service orders, servicePermission shows the permission of a user (预授权). One read from WeChat Pay.',
    args: {
      openid: t.arg.string({
        required: true,
        description:
          "用户标识: the user's openid, which WeChat gives your back end when the user logs in under this appid. By analogy: at most 128 characters.",
      }),
      serviceId: t.arg.string({ description: ANY_SERVICE_ID }),
      appid: t.arg.string({ description: ANY_APPID }),
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
        throw forbidden('This caller may only query its own openid.');
      }
      return await reading(context, { operation: 'userServiceState' }, () => {
        calls.read();
        return wechat.queryUserServiceState({ appid, serviceId, openid }, { signal });
      });
    },
  }),
);

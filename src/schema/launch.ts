import { GraphQLError } from 'graphql';
import {
  type BusinessType,
  type Launch,
  signLaunch,
  UnsignableLaunchError,
} from '../wechat/index.ts';
import { builder } from './builder.ts';
import type { GraphQLContext } from './context.ts';
import { badUserInput } from './query-errors.ts';

export const LaunchType = builder.objectRef<Launch>('Launch').implement({
  description:
    "Launch data that opens a WeChat Pay page (拉起支付分小程序); it is signed if the page requires that. In a mini program: `wx.openBusinessView({ businessType, extraData })`. In an app: WXOpenBusinessView of the WeChat Open SDK. In a web page inside WeChat: `wx.invoke('openBusinessView', { businessType, queryString })` of the JS-SDK. WeChat Pay documents no way to open it in another browser. Pass it on unchanged and use it immediately, once. Returning from the page does not prove what the user did there: query the order, or the user's authorization (userServiceState, servicePermission).",
  fields: (t) => ({
    businessType: t.exposeString('businessType', {
      nullable: false,
      description:
        '跳转类型: which page it opens. wxpayScoreUse: confirm an order; wxpayScoreEnable: authorize a service; wxpayScoreDetail: view an order.',
    }),
    extraData: t.expose('extraData', {
      type: 'LaunchExtraData',
      nullable: false,
      description: '业务参数 for mini programs: `extraData` of wx.openBusinessView.',
    }),
    queryString: t.exposeString('queryString', {
      nullable: false,
      description:
        '业务参数 for apps (`query` of WXOpenBusinessView) and web pages inside WeChat (`queryString` of openBusinessView): the values of `extraData`, URL-encoded. In similar products, an app also passes `{"miniProgramType":0}` as `extInfo`.',
    }),
  }),
});

/** @throws GraphQLError on this field only, if there is no APIv2 key or a value must not be signed */
export function launch(
  businessType: BusinessType,
  parameters: Readonly<Record<string, string>>,
  { launchKey, wechat, ledger }: GraphQLContext,
): Launch {
  const apiv2Key = launchKey();
  if (apiv2Key === undefined) {
    const message = 'Launch data cannot be signed without the APIv2 key: set WECHAT_APIV2_KEY.';
    throw new GraphQLError(message, { extensions: { code: 'LAUNCH_NOT_CONFIGURED' } });
  }
  const signed = { mch_id: wechat.mchid, ...parameters };
  try {
    return signLaunch(businessType, signed, apiv2Key, ledger.now());
  } catch (error) {
    throw error instanceof UnsignableLaunchError ? badUserInput(error.message) : error;
  }
}

import { type Html, html, trusted } from '../../phone/html.ts';
import { both } from '../../phone/texts.ts';
import { DEFAULT_RULES, type SandboxRules } from '../../rules.ts';
import { inputOf, isRuleName } from '../change-rules.ts';

/** Every rule with its value; a rule that differs from its default is marked. */
export function rulesCard(rules: SandboxRules): Html {
  const groups = RULE_GROUPS.map((group) => {
    const names = Object.keys(group.rules).filter(isRuleName);
    const changed = names.filter((name) => rules[name] !== DEFAULT_RULES[name]).length;
    const rows = names.map((name) => rule(name, group.rules[name] ?? '', rules));
    return html`<details id="rules-${group.en.replaceAll(/\W+/g, '-')}">
      <summary>${both(group.zh, group.en)} <span class="count" data-live="count-${group.en}">${
        changed === 0
          ? ''
          : html`<span class="pill tone-waiting">${both(`${changed} 项已改`, 'changed')}</span>`
      }</span></summary>
      <div class="rules" data-live="rules-${group.en}">${rows}</div>
    </details>`;
  });
  return html`<section class="card" aria-labelledby="rules">
    <h2 id="rules">${both('规则', 'Rules: what WeChat Pay does not document')}</h2>
    ${groups}
    <button id="reset-rules" class="plain" type="button" data-call="/sandbox/rules" data-body="${JSON.stringify(DEFAULT_RULES)}"
      data-said="规则已恢复默认" data-said-en="All rules have their defaults">${both('恢复默认', 'Defaults')}</button>
  </section>`;
}

function rule(name: keyof SandboxRules, zh: string, rules: SandboxRules): Html {
  const isChanged = rules[name] !== DEFAULT_RULES[name];
  return html`<label class="${isChanged ? 'changed' : ''}">
    <span>${zh}<code>${name}</code></span>
    ${input(name, rules[name])}
  </label>`;
}

function input(name: keyof SandboxRules, value: unknown): Html {
  const kind = inputOf(name);
  if (kind.kind === 'number') {
    const shown = value === null ? '' : String(value);
    const required = kind.nullable ? undefined : trusted(' required');
    return html`<input id="rule-${name}" data-rule="${name}" type="number" min="${kind.min}" max="${kind.max}" step="${kind.step}" value="${shown}"${required}>`;
  }
  const options = kind.values.map((choice) => {
    const selected = choice === value ? trusted(' selected') : undefined;
    return html`<option value="${JSON.stringify(choice)}"${selected}>${String(choice)}</option>`;
  });
  return html`<select id="rule-${name}" data-rule="${name}">${options}</select>`;
}

/** The rules in groups, each with what it is about in Chinese; its name says it in English. */
const RULE_GROUPS: readonly {
  readonly zh: string;
  readonly en: string;
  readonly rules: Readonly<Partial<Record<keyof SandboxRules, string>>>;
}[] = [
  {
    zh: '用户与扣款',
    en: 'The user, and debits',
    rules: {
      stateAfterDecline: '用户离开确认页后的状态',
      payBeforeComplete: '完结前可支付',
      payDelaySeconds: '完结后多少秒扣款，空为永不',
      collection: '扣款成功，或钱包余额不足',
      payOnEmptyWallet: '余额不足时的催收',
      debitSeconds: '扣款持续的秒数（单据正在扣款中）',
      assessment: '用户综合评估',
      packageSingleUse: 'package 仅可用一次',
      unsignedLaunch: '未签名的先享后付确认页',
      payZeroTotal: '0 元订单何时已支付',
      stateAfterZeroTotal: '0 元完结后的状态',
    },
  },
  {
    zh: '签名与证书',
    en: 'Signatures and certificates',
    rules: {
      certificates: '平台证书',
      answersSignedBy: '未指明密钥时，应答由谁签名',
      notifySignedBy: '通知由谁签名',
      signErrors: '4xx 应答也签名',
      refuseUnknownSerial: '拒绝未知的 Wechatpay-Serial',
      refuseUsedNonces: '拒绝用过的 nonce_str',
      reencryptedFieldsDiffer: '重新加密的字段视为不同参数',
    },
  },
  {
    zh: '校验',
    en: 'Checks',
    rules: {
      analogyRules: '执行仅见于同类产品的规则',
      sensitiveFieldsRequired: '姓名、电话等必填',
      repeatAnswersSuccess: '完结、取消、同步可重入',
      repeatedModifySucceeds: '修改可重入',
      createCompares: '创建重入时比较什么',
      stateRefusals: '状态错误的错误码',
      cancelWhilePaying: '待支付时可取消',
      modifyOnce: '只能修改一次',
      modifyToZero: '可修改为 0 元',
      riskFundNames: '服务允许的 risk_fund 名称',
      riskCap: '服务的风险金额上限（分），空为不限',
      endTimeRemarkLength: 'end_time_remark 的最大长度',
      notifyUrlRequired: 'notify_url 必填',
      notifyUrlMustBeHttps: 'notify_url 须为 https',
      needUserConfirmDefault: 'need_user_confirm 的默认值',
      withoutConfirmation: '免确认订单',
    },
  },
  {
    zh: '应答与通知的内容',
    en: 'What answers and notifications contain',
    rules: {
      launchFieldsWithoutConfirm: '免确认时也返回跳转字段',
      packageWithoutConfirm: '免确认时也返回 package',
      samePackageOnRepeat: '重复创建返回相同 package',
      startTimeBeforeAccept: '确认前的 OnAccept',
      queryFillsFeeCount: '查询补充 fee_count',
      queryFillsRealPlaces: '查询补充实际地点',
      newTicketEachQuery: '每次查询返回新的 finish_ticket',
      stateAfterUnused: '未使用服务完结后的状态',
      transactionIdAfterSync: '同步后也有交易单号',
      discountAmountAtCreate: '创建时的优惠金额',
      needCollectionAtZero: '0 元订单的 need_collection',
      emptyDetailBeforePayment: '支付前 details 含空对象',
      paymentDetails: '支付分为几笔 details',
      promotionDetail: 'promotion_detail 的位置',
      confirmEventType: '确认通知的 event_type',
      notifyAcceptedAtCreate: '免确认创建也发确认通知',
      notifyAfterSync: '同步后也发支付通知',
      notifyAfterZeroTotal: '0 元完结也发支付通知',
      notifyTotalAsText: '通知中的 total_amount 为字符串',
    },
  },
];

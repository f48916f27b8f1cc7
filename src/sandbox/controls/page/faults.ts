import { FAULTS, type Fault, NOTICE_FAULTS } from '../../faults/fault.ts';
import { TARGETS } from '../../faults/read.ts';
import { type Html, html } from '../../phone/html.ts';
import { both } from '../../phone/texts.ts';

/** Faults that are often needed: the label, and what is sent. */
const PRESETS: readonly (readonly [string, string, object])[] = [
  ['慢 3 秒', 'Late by 3 s', { on: 'any', fault: 'latency', ms: 3_000 }],
  ['生效后断开', 'Reset after', { on: 'any', fault: 'reset-after' }],
  ['生效前断开', 'Reset before', { on: 'any', fault: 'reset-before' }],
  ['系统错误', 'HTTP 500', { on: 'any', fault: 'status', status: 500 }],
  ['频率限制', 'HTTP 429', { on: 'any', fault: 'status', status: 429, retryAfter: 1 }],
  ['签名错误', 'Wrong signature', { on: 'any', fault: 'wrong-signature' }],
  ['通知丢失', 'Notification lost', { on: 'notify', fault: 'drop' }],
  ['通知重复', 'Notification twice', { on: 'notify', fault: 'duplicate' }],
];

const FAULT_NAMES = [...new Set([...Object.keys(FAULTS), ...NOTICE_FAULTS])];

/** Sets, lists and removes faults. */
export function faultsCard(faults: readonly Fault[]): Html {
  const presets = PRESETS.map(
    ([zh, en, fault]) => html`<button class="plain" type="button" data-call="/sandbox/faults"
      data-body="${JSON.stringify(fault)}" data-said="已注入，影响下一次" data-said-en="Set for the next one">
      ${both(zh, en)}
    </button>`,
  );
  return html`<section class="card" aria-labelledby="faults">
    <h2 id="faults">${both('故障', 'Faults of the next call or notification')}</h2>
    <div class="row">${presets}</div>
    <form class="fault" data-fault>
      ${choice('on', '作用于', 'on', TARGETS)}
      ${choice('fault', '故障', 'fault', FAULT_NAMES)}
      <label>${both('次数', 'times')}<input name="times" type="number" min="1" value="1"></label>
      <label class="wide">${both('其他', 'more, as JSON')}<input name="more" value="{}" spellcheck="false"></label>
      <button type="submit">${both('注入', 'Set')}</button>
    </form>
    <ul class="list" data-live="faults">
      ${faults.length > 0 ? faults.map(line) : html`<li class="none">${both('没有生效的故障', 'No fault is set')}</li>`}
    </ul>
    <button id="clear-faults" class="plain" type="button" data-call="/sandbox/faults" data-method="DELETE"
      data-said="故障已清除" data-said-en="All faults removed">${both('清除全部', 'Remove all')}</button>
  </section>`;
}

function line({ on, fault, times, skip, ...more }: Fault): Html {
  const { takesEffect: _left, ...rest }: Readonly<Record<string, unknown>> = { ...more };
  const options = Object.keys(rest).length === 0 ? '' : JSON.stringify(rest);
  const after = skip === 0 ? '' : ` · skip ${skip}`;
  return html`<li>
    <span><code>${on}</code> <b>${fault}</b> <code>${options}</code></span>
    <span class="pill">${times === null ? both('直到清除', 'until removed') : html`×${times}`}${after}</span>
  </li>`;
}

function choice(name: string, zh: string, en: string, values: readonly string[]): Html {
  const options = values.map((value) => html`<option>${value}</option>`);
  return html`<label>${both(zh, en)}<select name="${name}">${options}</select></label>`;
}

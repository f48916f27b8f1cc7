import { type Html, html, trusted } from '../../phone/html.ts';
import { both } from '../../phone/texts.ts';
import { DEFAULT_RULES, type SandboxRules } from '../../rules.ts';
import { inputOf, isRuleName } from '../change-rules.ts';
import { RULE_GROUPS } from './rule-texts.ts';

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

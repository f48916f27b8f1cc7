import { readFileSync } from 'node:fs';
import type { GraphiQLOptions } from 'graphql-yoga';
import type { SandboxAddress, Tab } from './tab.ts';
import { graphiqlTabs } from './tabs.ts';

/**
 * GraphiQL moves a tab back to its animated position when it is pressed, so the first click on each
 * tab would miss it. It has the same rule for tabs that are not pressed. Beside a logo the last tabs
 * would be out of sight.
 */
const STYLE = `<style>
.graphiql-tab { transform: none !important }
.graphiql-logo { display: none }
</style>`;

/**
 * GraphiQL as one self-contained page. Its renderer is large, so it is loaded on demand.
 * @param sandbox the address of the embedded sandbox; undefined for a real merchant, for which the
 *   tabs have other comments
 */
export async function renderGraphiqlPage(sandbox?: SandboxAddress): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const tabs = graphiqlTabs(sandbox);
  const options: GraphiQLOptions = {
    title: 'payafter-graphql · 先享后付',
    // Without its own welcome text. The tabs that it shows are those that page.js has stored.
    defaultTabs: [...tabs],
    method: 'POST',
  };
  const html = await renderGraphiQL(options);
  const head = [STYLE, tabsElement(tabs), `<script>${script()}</script>`].join('\n');
  return html.replace('</head>', () => `${head}</head>`);
}

/** Where page.js finds the tabs; `<` could end the element. */
function tabsElement(tabs: readonly Tab[]): string {
  const json = JSON.stringify(tabs).replaceAll('<', '\\u003c');
  return `<script id="graphiql-tabs" type="application/json">${json}</script>`;
}

/** Runs before GraphiQL, with names of its own. */
function script(): string {
  return `(() => {${readFileSync(new URL('page.js', import.meta.url), 'utf8')}})();`;
}

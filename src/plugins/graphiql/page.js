/** What GraphiQL keeps in the storage of the browser, and the tabs that the page had at that time. */
const KEYS = { tabs: 'graphiql:tabState', defaults: 'graphiql:defaultTabs' };
const DAY_MS = 86_400_000;
const BEIJING_OFFSET_MS = 28_800_000;
/** How long the service of the demo order lasts. */
const RENTAL_DAYS = 30;

/**
 * Stores the tabs that GraphiQL then finds, so that reloading the page, a second window and a link
 * with `?query=` do not add copies of tabs: GraphiQL would compare the query of the address with
 * the variables of another tab.
 */
function prepare(defaults) {
  const link = new URL(location.href);
  const { tabs, activeTabIndex } = withLink(storedTabs(defaults), link.searchParams.get('query'));
  const fresh = tabs.map((tab) => ({ ...tab, variables: renewed(tab.variables) }));
  const active = fresh[activeTabIndex] ?? fresh[0];
  const state = { tabs: fresh, activeTabIndex: fresh.indexOf(active) };
  localStorage.setItem(KEYS.tabs, JSON.stringify(state));
  localStorage.setItem(KEYS.defaults, JSON.stringify(defaults));
  for (const name of ['query', 'variables', 'headers']) {
    if (active[name]) {
      localStorage.setItem(`graphiql:${name}`, active[name]);
    } else {
      localStorage.removeItem(`graphiql:${name}`);
    }
  }
  link.searchParams.delete('query');
  history.replaceState({}, '', link);
  shareLogin(fresh);
}

/**
 * The tabs of the last visit. After an update of the server they are the new ones, and those that
 * the user has written.
 */
function storedTabs(defaults) {
  const state = read(KEYS.tabs);
  const before = read(KEYS.defaults);
  if (!Array.isArray(state?.tabs) || state.tabs.length === 0 || !Array.isArray(before)) {
    return { tabs: defaults.map(newTab), activeTabIndex: 0 };
  }
  if (JSON.stringify(before) === JSON.stringify(defaults)) {
    return state;
  }
  const own = state.tabs.filter(({ query }) => query && !before.some((tab) => tab.query === query));
  return { tabs: [...defaults.map(newTab), ...own], activeTabIndex: 0 };
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

/**
 * GraphiQL keeps the query of the open tab in the address: mostly there is a tab with it. It stores
 * its tabs later, so that a reload may find what has been edited in the address only: that is no
 * other tab.
 */
function withLink({ tabs, activeTabIndex }, query) {
  const found = tabs.findIndex((tab) => tab.query === query);
  const [navigation] = performance.getEntriesByType('navigation');
  if (!query || tabs[activeTabIndex]?.query === query) {
    return { tabs, activeTabIndex };
  }
  if (found !== -1) {
    return { tabs, activeTabIndex: found };
  }
  return navigation?.type === 'reload'
    ? { tabs, activeTabIndex }
    : { tabs: [...tabs, newTab({ query })], activeTabIndex: tabs.length };
}

function newTab({ query, variables = null }) {
  const operationName = /^(?!#).*(?:query|subscription|mutation)\s+(\w+)/m.exec(query)?.[1] ?? null;
  return {
    id: crypto.getRandomValues(new Uint32Array(4)).join('-'),
    title: operationName ?? '<untitled>',
    query,
    variables,
    headers: null,
    operationName,
    response: null,
  };
}

const nowMs = Date.now();
const demoNumber = `DEMO-${nowMs.toString(36).toUpperCase()}`;
const beijingDate = (ms) => new Date(ms + BEIJING_OFFSET_MS).toISOString().slice(0, 10);

/** Variables with a demo order that does not exist yet, and whose service ends in the future. */
function renewed(variables) {
  return (variables ?? '')
    .replaceAll(/"DEMO-[\dA-Z]+"/g, `"${demoNumber}"`)
    .replaceAll(/(?<="\w*[eE]ndTime": *")\d{4}-\d\d-\d\d(?=")/g, (date) =>
      date > beijingDate(nowMs) ? date : beijingDate(nowMs + RENTAL_DAYS * DAY_MS),
    );
}

/**
 * An `Authorization` that is in the Headers pane of one tab is sent for the others too, and for the
 * schema. The schema is requested again when the first one is accepted.
 */
function shareLogin(tabs) {
  const send = window.fetch.bind(window);
  let login = tabs.map(({ headers }) => authorizationIn(headers)).find(Boolean);
  let refused = false;
  window.fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    login = headers.get('authorization') ?? login;
    if (login) {
      headers.set('authorization', login);
    }
    const response = await send(input, { ...init, headers });
    if (response.status === 401) {
      refused = true;
    } else if (refused) {
      refused = false;
      // The key that GraphiQL documents for it.
      window.dispatchEvent(new KeyboardEvent('keydown', { ctrlKey: true, key: 'R' }));
    }
    return response;
  };
}

function authorizationIn(headers) {
  try {
    return new Headers(JSON.parse(headers)).get('authorization');
  } catch {
    return null;
  }
}

prepare(JSON.parse(document.getElementById('graphiql-tabs').textContent));

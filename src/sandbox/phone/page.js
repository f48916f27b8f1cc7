const EVERY_MS = 1000;
const root = document.documentElement;
const toast = document.querySelector('.toast');
const down = document.querySelector('.down');

/** Fetches this page again and puts in what has changed. */
async function refresh() {
  const response = await fetch(location.href, { cache: 'no-store' });
  const text = await response.text();
  // Without the rest: its style has another nonce, which the browser would complain about each time.
  const main = text.slice(text.indexOf('<main>'), text.indexOf('</main>'));
  const fresh = new DOMParser().parseFromString(main, 'text/html');
  for (const shown of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${shown.dataset.live}"]`);
    if (next && next.innerHTML !== shown.innerHTML) {
      const focused = shown.contains(document.activeElement) ? document.activeElement.id : '';
      shown.replaceChildren(...next.childNodes);
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
  }
  lost(false);
}

/** Calls a control, reports the result in both languages, and shows the new state. */
async function call({ path, method = 'POST', body, said, saidEn }) {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(path, { method, body, headers });
  if (response.ok) {
    if (said) {
      say(said, saidEn);
    }
  } else {
    const { error } = await response.json().catch(() => ({ error: response.statusText }));
    say(response.status === 409 ? '当前状态不允许此操作' : '操作未成功', error);
  }
  await refresh();
  return response;
}

let hiding;
function say(text, english = '') {
  const small = document.createElement('small');
  small.lang = 'en';
  small.textContent = english;
  toast.replaceChildren(text, small);
  toast.classList.add('shown');
  clearTimeout(hiding);
  hiding = setTimeout(() => toast.classList.remove('shown'), 3000);
}

function lost(isLost) {
  if (isLost !== root.classList.contains('lost')) {
    root.classList.toggle('lost', isLost);
    down.replaceChildren(...(isLost ? [lostTemplate.content.cloneNode(true)] : []));
  }
}
const lostTemplate = document.getElementById('lost');

/** A button that was pressed does nothing until its call has ended. */
const pressed = new Set();
async function press(button) {
  const { call: path, method, body, said, saidEn } = button.dataset;
  if (button.getAttribute('aria-disabled') === 'true' || pressed.has(path)) {
    return;
  }
  pressed.add(path);
  try {
    await call({ path, method, body, said, saidEn });
  } catch {
    lost(true);
  } finally {
    pressed.delete(path);
  }
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-call]');
  const link = event.target.closest('.orders a');
  if (button) {
    void press(button);
  } else if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    history.pushState(null, '', link.href);
    refresh().catch(() => lost(true));
  }
});

addEventListener('popstate', () => refresh().catch(() => lost(true)));

/** The cursor keys, whose names are five letters and a direction, move through the list of orders. */
document.querySelector('.orders')?.addEventListener('keydown', (event) => {
  const step = { Down: 1, Up: -1 }[event.key.slice(5)];
  const links = [...document.querySelectorAll('.orders a')];
  const next = step && links[links.indexOf(document.activeElement) + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

async function keepUp() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (!document.hidden) {
      await refresh().catch(() => lost(true));
    }
  }
}

void keepUp();

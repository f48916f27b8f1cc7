const EVERY_MS = 1000;
const toast = document.querySelector('.toast');

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
      document.getElementById(focused)?.focus();
    }
  }
}

async function press(button) {
  const response = await fetch(button.dataset.call, { method: 'POST' });
  const answer = await response.json();
  if (!response.ok) {
    say(answer.error);
  } else if (button.id === 'decline') {
    say(answer.state === 'CREATED' ? '已离开确认页，订单不变' : '已拒绝');
  } else {
    say(button.id === 'confirm' ? '已确认使用' : '支付成功');
  }
  await refresh();
}

let hiding;
function say(text) {
  toast.textContent = text;
  toast.classList.add('shown');
  clearTimeout(hiding);
  hiding = setTimeout(() => toast.classList.remove('shown'), 2000);
}

function lost(isLost) {
  document.documentElement.classList.toggle('lost', isLost);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-call]');
  if (button) {
    press(button).catch(() => lost(true));
  }
});

async function keepUp() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (!document.hidden) {
      await refresh().then(
        () => lost(false),
        () => lost(true),
      );
    }
  }
}

void keepUp();

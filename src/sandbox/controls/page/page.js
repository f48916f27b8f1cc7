/* global call, lost, refresh, say */

function send(options) {
  return call(options).catch(() => lost(true));
}

/** A rule is set as soon as it is chosen. */
document.addEventListener('change', (event) => {
  const { rule } = event.target.dataset;
  if (rule && event.target.reportValidity()) {
    const { value } = event.target;
    const body = JSON.stringify({ [rule]: value === '' ? null : JSON.parse(value) });
    void send({
      path: '/sandbox/rules',
      body,
      said: '规则已改变',
      saidEn: `${rule} = ${value || null}`,
    });
  }
});

document.addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.matches('[data-fault]')) {
    setFault(form);
  } else {
    void run(form);
  }
});

function setFault({ elements: { on, fault, times, more } }) {
  try {
    const body = JSON.stringify({
      on: on.value,
      fault: fault.value,
      times: Number(times.value),
      ...JSON.parse(more.value || '{}'),
    });
    void send({ path: '/sandbox/faults', body, said: '已注入', saidEn: 'Fault set' });
  } catch {
    say('“其他”须为 JSON 对象', 'more must be a JSON object');
  }
}

/** Calls the control of a form, and shows its answer below. */
async function run(form) {
  const value = (name) => encodeURIComponent(form.elements[name].value);
  const path = form.dataset.path.replace(/\{(\w+)\}/g, (_, name) => value(name));
  const body = form.elements.body?.value;
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  try {
    const response = await fetch(path, { method: form.dataset.method, body, headers });
    const answer = form.querySelector('.answer');
    answer.textContent = `${response.status}\n${await response.text()}`;
    answer.hidden = false;
    await refresh();
  } catch {
    lost(true);
  }
}

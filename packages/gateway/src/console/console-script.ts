/** Script of the page of the gateway: reads `/console.json` every five seconds. It writes only text, never markup. */
export const consoleScript = `
'use strict';
const at = (id) => document.getElementById(id);
const say = (text) => { at('live-state').textContent = text; };
const keyHeaders = () => (at('key').value === '' ? {} : { authorization: 'Bearer ' + at('key').value });
const number = (value, digits) => value.toLocaleString('en', { maximumFractionDigits: digits });
let timer;

function cell(text, title) {
  const td = document.createElement('td');
  td.textContent = text;
  if (title) td.title = title;
  return td;
}

function trend(rates) {
  const td = document.createElement('td');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 120 24');
  svg.setAttribute('width', '120');
  svg.setAttribute('height', '24');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'Requests a second in the last five minutes');
  const top = Math.max(1e-9, ...rates);
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  const step = 120 / Math.max(1, rates.length - 1);
  line.setAttribute('points', rates.toReversed().map((rate, index) => (index * step).toFixed(1) + ',' + (23 - 22 * rate / top).toFixed(1)).join(' '));
  line.setAttribute('fill', 'none');
  line.setAttribute('stroke', 'currentColor');
  svg.append(line);
  td.append(svg);
  return td;
}

function driftCell(drift) {
  if (drift === null) return cell('\\u2013', 'No verdict yet');
  const names = drift.features.map(({ name }) => name).join(', ') + (drift.count > drift.features.length ? ', \\u2026' : '');
  const td = cell(drift.count > 0 ? 'drift: ' + names : drift.status, drift.features.map(({ name, explanation }) => name + ': ' + explanation).join('\\n') || 'Until ' + new Date(drift.to).toLocaleString());
  td.className = drift.count > 0 ? 'waiting' : drift.status === 'ok' ? 'ready' : '';
  return td;
}

function showErrors(errors) {
  at('error-rows').replaceChildren(...errors.map(({ code, model, place, count, firstSeenMs, lastSeenMs, example }) => {
    const tr = document.createElement('tr');
    const time = (ms) => new Date(ms).toLocaleString();
    tr.append(cell(code), cell(model ?? '\\u2013'), cell(place), cell(number(count, 0)), cell(time(lastSeenMs), 'Since ' + time(firstSeenMs)), cell(example.requestId ?? '\\u2013', example.version && 'Version ' + example.version));
    return tr;
  }));
  at('errors').hidden = errors.length === 0;
}

function show({ seconds, versions, errors }) {
  showErrors(errors);
  at('live-rows').replaceChildren(...versions.map(({ model, version, requests, failures, p50Ms, p99Ms, rates, drift }) => {
    const tr = document.createElement('tr');
    const duration = (ms) => (ms === undefined ? '\\u2013' : '\\u2264 ' + number(ms, 1) + ' ms');
    const share = requests === 0 ? '\\u2013' : number(100 * failures / requests, 2) + ' %';
    tr.append(cell(model), cell(version), cell(number(rates[0] ?? 0, 1)), cell(number(requests, 0)), cell(duration(p50Ms)), cell(duration(p99Ms)), cell(share, failures + ' failed'), driftCell(drift), trend(rates));
    return tr;
  }));
  at('live').hidden = false;
  say('The last ' + number(Math.max(1, seconds), 0) + ' seconds.');
}

async function refresh() {
  clearTimeout(timer);
  try {
    const response = await fetch('/console.json', { headers: keyHeaders() });
    if (response.status === 401 || response.status === 403) {
      at('access').hidden = false;
      at('live').hidden = true;
      at('errors').hidden = true;
      say('A key with the scope "metrics" is needed here.');
      return;
    }
    if (response.ok) show(await response.json());
    else say('The numbers can\\u2019t be read: ' + response.status);
  } catch (error) {
    say('The numbers can\\u2019t be read: ' + error.message);
  }
  if (!document.hidden) timer = setTimeout(refresh, 5000);
}

at('access').addEventListener('submit', (event) => {
  event.preventDefault();
  void refresh();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
void refresh();
`;

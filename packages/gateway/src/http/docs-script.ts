/** Script of the page that sends requests. It writes only text, never markup: responses may contain anything. */
export const docsScript = `
'use strict';
const at = (id) => document.getElementById(id);
let operations = [];

const keyHeaders = () => (at('key').value === '' ? {} : { authorization: 'Bearer ' + at('key').value });
const say = (text) => { at('state').textContent = text; };

async function readDocument() {
  say('Reading …');
  at('request').hidden = true;
  try {
    const response = await fetch('/openapi.json', { headers: keyHeaders() });
    if (response.status === 401) { say('A key is needed here.'); return; }
    if (!response.ok) { say('The document can\\u2019t be read: ' + response.status); return; }
    const { paths } = await response.json();
    operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));
    const groups = new Map();
    operations.forEach(({ path, method, operation }, index) => {
      const tag = operation.tags[0];
      if (!groups.has(tag)) {
        const group = document.createElement('optgroup');
        group.label = tag;
        groups.set(tag, group);
      }
      groups.get(tag).append(new Option(method + ' ' + path + ' \\u2013 ' + operation.summary, index));
    });
    at('operation').replaceChildren(...groups.values());
    const first = operations.findIndex(({ operation }) => Object.values(operation.requestBody?.content ?? {}).some(({ example }) => example?.inputs !== undefined));
    at('operation').value = String(Math.max(0, first));
    chooseOperation();
    at('request').hidden = operations.length === 0;
    say(operations.length + ' requests');
  } catch (error) {
    say('The document can\\u2019t be read: ' + error.message);
  }
}

const chosen = () => operations[Number(at('operation').value)];

function chooseOperation() {
  const types = Object.keys(chosen()?.operation.requestBody?.content ?? {});
  at('type').replaceChildren(...types.map((type) => new Option(type, type)));
  at('type').disabled = at('body').disabled = types.length === 0;
  showExample();
}

function showExample() {
  const example = chosen()?.operation.requestBody?.content[at('type').value]?.example;
  at('body').value = example === undefined ? '' : typeof example === 'string' ? example : JSON.stringify(example, null, 1);
}

async function send() {
  const { path, method } = chosen();
  const hasBody = !at('body').disabled;
  at('send').disabled = true;
  const startedAt = performance.now();
  let status, headers = '', content = '';
  try {
    const response = await fetch(path, {
      method,
      headers: { ...keyHeaders(), ...(hasBody && { 'content-type': at('type').value }) },
      ...(hasBody && { body: at('body').value }),
    });
    content = await response.text();
    status = response.status + ' ' + response.statusText;
    headers = [...response.headers].map(([name, value]) => name + ': ' + value).join('\\n');
  } catch (error) {
    status = 'No answer: ' + error.message;
  }
  const ms = performance.now() - startedAt;
  at('status').textContent = status + ' in ' + ms.toFixed(1) + ' ms';
  at('headers').textContent = headers;
  at('content').textContent = content.length > 100000 ? content.slice(0, 100000) + ' \\u2026' : content;
  at('answer').hidden = false;
  at('send').disabled = false;
}

at('access').addEventListener('submit', (event) => { event.preventDefault(); void readDocument(); });
at('request').addEventListener('submit', (event) => { event.preventDefault(); void send(); });
at('operation').addEventListener('change', chooseOperation);
at('type').addEventListener('change', showExample);
void readDocument();
`;

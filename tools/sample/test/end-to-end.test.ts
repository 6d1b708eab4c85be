import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  freePort,
  httpCall,
  type HttpRequest,
  type HttpResponse,
  SteadyLoad,
  until,
} from '@fairlead/test-support';
import { writeClientKeys } from './support/client-keys.ts';
import { readHeldOut } from './support/held-out.ts';
import { metricSum } from './support/metric-sum.ts';
import { processesAbout } from './support/processes-about.ts';
import {
  startSample,
  stopAll,
  untilNothingIsLeft,
  type SampleApplication,
} from './support/sample-application.ts';
import { MAX_BODY_BYTES, wrongRequests } from './support/wrong-requests.ts';

const START_TIMEOUT_MS = 180_000;

const state = mkdtempSync(join(tmpdir(), 'fairlead-e2e-'));
const keys = writeClientKeys(state, {
  narrow: { scopes: ['infer:digits'] },
  hasty: { scopes: ['infer:digits'], limit: 5 },
  expired: { scopes: ['infer:*'], expiresAt: new Date(0) },
});
const bearer = (name: keyof typeof keys) => ({ authorization: `Bearer ${keys[name]}` });
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const models = ['digits', 'breast-cancer'] as const;
const hasCurl = spawnSync('curl', ['--version']).status === 0;
let application: SampleApplication;
let port: number;

beforeAll(async () => {
  port = await freePort();
  application = startSample(state, port);
  await application.says('Ctrl-C stops everything.');
}, START_TIMEOUT_MS);

afterAll(async () => {
  agent.destroy();
  await stopAll();
  await untilNothingIsLeft(state);
  rmSync(state, { recursive: true, force: true });
}, START_TIMEOUT_MS);

/** Sends a request with the key of the sample, unless `options` has another one. */
function callAs(path: string, options: HttpRequest = {}): Promise<HttpResponse> {
  return httpCall({ port }, path, {
    ...options,
    headers: { ...bearer('sample'), ...options.headers },
  });
}

function infer(model: string, body: unknown, options: HttpRequest = {}): Promise<HttpResponse> {
  return callAs(`/v2/models/${model}/infer`, { body, ...options });
}

/** Returns the outputs of a response by their names. */
function outputsOf({ status, body: text }: HttpResponse): Record<string, readonly number[]> {
  expect([status, text.slice(0, 300)]).toEqual([200, expect.anything()]);
  const { outputs } = JSON.parse(text) as { outputs: { name: string; data: number[] }[] };
  return Object.fromEntries(outputs.map(({ name, data }) => [name, data]));
}

describe('the output of the start', () => {
  /** Cells of the table of models, by row. */
  function table(): string[][] {
    const lines = application.said().split('\n');
    const head = lines.findIndex((line) => line.startsWith('  model '));
    const rows = lines.slice(head + 1, lines.indexOf('', head));
    return rows.map((row) => row.trim().split(/ {2,}/));
  }

  test('has the address, and a table of the models with versions and accuracy', () => {
    expect(application.said()).toContain(`Ready: http://127.0.0.1:${port}/`);
    const accuracy = (model: string): string => {
      const text = readFileSync(join(state, 'training', model, 'metadata.json'), 'utf8');
      const { metrics } = JSON.parse(text) as { metrics: { accuracy: number } };
      expect(metrics.accuracy).toBeGreaterThan(0.9);
      return metrics.accuracy.toFixed(4);
    };
    const parity = expect.stringMatching(/^\d\.\de-\d+$/) as string;
    expect(table()).toEqual([
      ['breast-cancer', '1', 'onnx', accuracy('breast-cancer'), parity],
      ['breast-cancer-flask', '1', 'upstream', accuracy('breast-cancer'), '–'],
      ['digits', '1', 'onnx', accuracy('digits'), parity],
      ['digits-flask', '1', 'upstream', accuracy('digits'), '–'],
    ]);
  });

  test.each(models)(
    '%s was promoted because its outputs match those of its original',
    async (model) => {
      const registry = new ModelRegistry({ store: folderStore(join(state, 'registry')) });
      const [entry] = await registry.history(model, 'champion');
      expect(entry?.gates?.results).toMatchObject([
        { gate: 'goldenExamples', passed: true },
        { gate: 'parity <= 1e-4', passed: true },
      ]);
      const page = join(state, 'parity', `${model}-1.html`);
      expect(application.said()).toContain(`  ${page}\n`);
      expect(readFileSync(page, 'utf8')).toContain(`on ${readHeldOut(state, model).rows} rows`);
    },
  );

  test.each(models)('the printed accuracy of %s is that of the served model', async (model) => {
    const heldOut = readHeldOut(state, model);
    const { label = [] } = outputsOf(await infer(model, heldOut.request(0, heldOut.rows)));
    const right = label.filter((each, row) => each === heldOut.trueLabels[row]).length;
    const [, , , printed] = table().find(([name]) => name === model) ?? [];
    expect((right / heldOut.rows).toFixed(4)).toBe(printed);
  });

  test.runIf(hasCurl)('every printed command works in a shell', () => {
    const lines = application
      .said()
      .split('\n')
      .filter((line) => line.startsWith('curl '));
    expect(lines).toHaveLength(6);
    const answers = lines.map((line) => execFileSync('bash', ['-c', line], { encoding: 'utf8' }));
    for (const answer of answers.slice(0, 4)) {
      expect(JSON.parse(answer)).toMatchObject({
        model_version: '1',
        outputs: [{ name: 'label' }, { name: 'probabilities' }],
      });
    }
    expect(JSON.parse(answers[4] ?? '')).toMatchObject({
      name: 'breast-cancer',
      versions: ['1'],
      inputs: [{ name: 'measurements', datatype: 'FP32', shape: [-1, 30] }],
    });
    expect(answers[5]).toContain('nv_inference_request_success{model="digits"');
  });
});

describe('predictions are those of scikit-learn', () => {
  const routes = models.flatMap((model) => [
    [model, model] as const,
    [model, `${model}-flask`] as const,
  ]);

  /** Compares the response for the rows from `first` on with the predictions of scikit-learn at the training. */
  function compare(model: string, first: number, count: number, answer: HttpResponse): void {
    const { labels, probabilities, classes } = readHeldOut(state, model);
    const given = outputsOf(answer);
    expect(given.label).toEqual(labels.slice(first, first + count));
    const expected = probabilities.slice(first * classes, (first + count) * classes);
    expect(given.probabilities).toHaveLength(expected.length);
    const differences = expected.map((value, at) =>
      Math.abs(value - (given.probabilities?.[at] ?? NaN)),
    );
    expect(Math.max(...differences)).toBeLessThanOrEqual(1e-4);
  }

  test.each(routes)('for 50 held-out rows of %s, one at a time, by %s', async (model, served) => {
    const heldOut = readHeldOut(state, model);
    expect(heldOut.rows).toBeGreaterThanOrEqual(50);
    const rows = Array.from({ length: 50 }, (_, row) => row);
    await Promise.all(
      rows.map(async (row) => {
        compare(model, row, 1, await infer(served, heldOut.request(row, 1), { agent }));
      }),
    );
  });

  test.each(routes)('for all held-out rows of %s in one request, by %s', async (model, served) => {
    const heldOut = readHeldOut(state, model);
    const answer = await infer(served, heldOut.request(0, heldOut.rows));
    compare(model, 0, heldOut.rows, answer);
    const { outputs } = JSON.parse(answer.body) as { outputs: { shape: number[] }[] };
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [heldOut.rows],
      [heldOut.rows, heldOut.classes],
    ]);
  });
});

describe('an invalid request gets its status, and a message with the cause', () => {
  const good = () => readHeldOut(state, 'digits').request(0, 1);

  test.each(Object.entries(wrongRequests(keys)))('%s', async (_, wrong) => {
    const { path = '/v2/models/digits/infer', status, says, sent, ...options } = wrong;
    const body = options.method === 'GET' ? undefined : (sent?.(good()) ?? good());
    const answer = await callAs(path, { ...options, body });
    expect([answer.status, answer.body]).toEqual([status, expect.any(String)]);
    const { error } = JSON.parse(answer.body) as { error: string };
    for (const text of says) expect(error).toContain(text);
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]+$/);
    expect(answer.headers['content-type']).toMatch(/json/);
    // No internals of the host, and no key.
    expect(answer.body).not.toMatch(/\/tmp|\.sock|node:|at \w+ \(|fl_[a-z0-9]{12}_/);
  });

  test.each(['digits', 'digits-flask'])('and %s still responds', async (model) => {
    const heldOut = readHeldOut(state, 'digits');
    expect(outputsOf(await infer(model, heldOut.request(3, 1))).label).toEqual([heldOut.labels[3]]);
    expect((await httpCall({ port }, '/v2/health/ready')).status).toBe(200);
  });

  test('too many requests of one key get 429 with Retry-After; other keys are not affected', async () => {
    const body = good();
    for (let count = 0; count < 5; count++) {
      expect((await infer('digits', body, { headers: bearer('hasty') })).status).toBe(200);
    }
    const {
      status,
      headers,
      body: text,
    } = await infer('digits', body, { headers: bearer('hasty') });
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(text)).toMatchObject({
      error: expect.stringMatching(/^Too many requests: 5 are allowed in 60 s/) as string,
    });
    expect((await infer('digits', body)).status).toBe(200);
  });
});

describe('valid requests that look unusual', () => {
  const heldOut = () => readHeldOut(state, 'digits');

  test.each(['digits', 'digits-flask'])('nested data for %s', async (model) => {
    const { features, labels, request } = heldOut();
    const [flat] = request(0, 2).inputs;
    const rows = [0, 1].map((row) => flat?.data.slice(row * features, (row + 1) * features));
    const answer = await infer(model, { inputs: [{ ...flat, data: rows }] });
    expect(outputsOf(answer).label).toEqual(labels.slice(0, 2));
  });

  test.each(['digits', 'digits-flask'])('an id and a choice of outputs for %s', async (model) => {
    const { labels, request } = heldOut();
    const body = { ...request(0, 1), id: 'my own', outputs: [{ name: 'label' }] };
    expect(JSON.parse((await infer(model, body)).body)).toEqual({
      model_name: model,
      model_version: '1',
      id: 'my own',
      outputs: [{ name: 'label', datatype: 'INT64', shape: [1], data: [labels[0]] }],
    });
  });

  test('a body of exactly the maximum size', async () => {
    const { labels, request } = heldOut();
    const body = JSON.stringify(request(0, 1)).padEnd(MAX_BODY_BYTES, ' ');
    expect(outputsOf(await infer('digits', body)).label).toEqual([labels[0]]);
    const chunked = await infer('digits', body, { chunked: true });
    expect(outputsOf(chunked).label).toEqual([labels[0]]);
  });

  test('the key in the X-API-Key header', async () => {
    const answer = await httpCall({ port }, '/v2/models/digits/infer', {
      body: heldOut().request(0, 1),
      headers: { 'x-api-key': keys.sample },
    });
    expect(answer.status).toBe(200);
  });
});

test('the start page lists the served models', async () => {
  const { status, headers, body: text } = await httpCall({ port }, '/');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  for (const model of models) {
    expect(text).toMatch(
      new RegExp(`<td>${model}</td><td>1</td><td>onnx_onnxv1</td>\\s*<td class="ready">`),
    );
    expect(text).toMatch(
      new RegExp(`<td>${model}-flask</td><td>1</td><td>upstream</td>\\s*<td class="ready">`),
    );
  }
  const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`);
  expect(headers['x-powered-by']).toBeUndefined();
});

test.each(['digits', 'digits-flask'])(
  'an asynchronous request of %s gets a job, and its result when the job has run',
  async (model) => {
    const { labels, request } = readHeldOut(state, 'digits');
    const headers = { prefer: 'respond-async', 'idempotency-key': `later-${model}` };
    const accepted = await infer(model, request(5, 1), { headers });
    expect(accepted.status).toBe(202);
    const job = String(accepted.headers.location);
    expect(job).toMatch(/^\/v2\/jobs\/[\w-]+$/);
    // The same idempotency key: the same job.
    expect((await infer(model, request(5, 1), { headers })).headers.location).toBe(job);
    const result = await until(async () => {
      const answer = await callAs(`${job}/result`);
      return answer.status === 409 ? undefined : answer;
    });
    expect(outputsOf(result).label).toEqual([labels[5]]);
    expect(JSON.parse((await callAs(job)).body)).toMatchObject({
      status: 'succeeded',
      version: '1',
    });
    // Not visible to other clients.
    expect((await httpCall({ port }, job, { headers: bearer('narrow') })).status).toBe(404);
  },
);

test('the metrics add up to the requests that were sent', async () => {
  const sum = async (name: string, model: string, labels: Record<string, string> = {}) =>
    metricSum((await callAs('/metrics')).body, name, { model, ...labels });
  const read = async (model: string) => ({
    successes: await sum('nv_inference_request_success', model),
    failures: await sum('nv_inference_request_failure', model),
    rows: await sum('nv_inference_count', model),
    pending: await sum('nv_inference_pending_request_count', model),
  });
  for (const model of ['digits', 'breast-cancer-flask']) {
    const heldOut = readHeldOut(state, model.replace('-flask', ''));
    const before = await read(model);
    for (let count = 1; count <= 12; count++) {
      expect((await infer(model, heldOut.request(count, 2))).status).toBe(200);
    }
    for (let count = 0; count < 3; count++) {
      expect((await infer(model, { inputs: [] })).status).toBe(400);
    }
    expect(await read(model)).toEqual({
      successes: before.successes + 12,
      failures: before.failures + 3,
      rows: before.rows + 24,
      pending: 0,
    });
  }
});

test('the id of a request is in the response and in the logs of Nginx, the gateway and Flask', async () => {
  const body = readHeldOut(state, 'digits').request(0, 1);
  const { headers } = await infer('digits-flask', body);
  const id = String(headers['x-request-id']);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  for (const [log, member] of [
    ['nginx-access.log', { uri: '/v2/models/digits-flask/infer', status: '200' }],
    ['gateway.log', { service: 'fairlead-gateway', model: 'digits-flask', version: '1' }],
    ['flask.log', { service: 'flask-model', path: '/v2/models/digits/infer', model: 'digits' }],
  ] as const) {
    const line = await until(() =>
      readFileSync(join(state, 'host', 'logs', log), 'utf8')
        .split('\n')
        .find((each) => each.includes(id)),
    );
    expect(JSON.parse(line)).toMatchObject({ requestId: id, ...member });
  }
});

test('no key and no secret is in any log', () => {
  const secrets = readFileSync(join(state, 'secrets.json'), 'utf8');
  const { pepper } = JSON.parse(secrets) as { pepper: string };
  for (const log of ['nginx-access.log', 'nginx-error.log', 'gateway.log', 'flask.log']) {
    const text = readFileSync(join(state, 'host', 'logs', log), 'utf8');
    for (const secret of [pepper, ...Object.values(keys)]) expect(text).not.toContain(secret);
  }
});

describe('the programs run', () => {
  test('in an empty folder, so that a model file finds no secrets beside it', () => {
    const programs = processesAbout(join(state, 'work'));
    expect(programs.length).toBeGreaterThanOrEqual(3);
    expect(readdirSync(join(state, 'work'))).toEqual([]);
    const folders = new Set(programs.map(({ pid }) => readlinkSync(`/proc/${pid}/cwd`)));
    expect(folders.has(join(state, 'work'))).toBe(true);
    for (const folder of folders) {
      for (const secret of ['keys.json', 'secrets.json']) {
        expect(join(state, secret).startsWith(`${folder}/`)).toBe(false);
      }
    }
  });

  test('with workers of Nginx that are not root', () => {
    const workers = processesAbout(join(state, 'work')).filter(({ command }) =>
      command.startsWith('nginx: worker'),
    );
    expect(workers.length).toBeGreaterThan(0);
    for (const { pid } of workers) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      expect(/^Uid:\t(.*)$/m.exec(status)?.[1]?.split('\t')).not.toContain('0');
    }
  });
});

test('a promotion and a rollback under load: no request fails', async () => {
  const registry = new ModelRegistry({ store: folderStore(join(state, 'registry')) });
  const { manifest, read } = await registry.openVersion('digits', 1);
  const { signature, runtime, goldenExamples, metrics } = manifest;
  const pushed = await registry.push({
    ...{ model: 'digits', signature, runtime, metrics },
    goldenExamples: goldenExamples.slice(1),
    modelCard: '# Another one\n',
    files: { 'model.onnx': await read('model.onnx') },
    actor: 'test',
  });
  expect(pushed.manifest.version).toBe(2);

  const heldOut = readHeldOut(state, 'digits');
  const load = new SteadyLoad(100, async (number) => {
    const row = number % heldOut.rows;
    const answer = await infer('digits', heldOut.request(row, 1), { agent });
    const { model_version: version } = JSON.parse(answer.body) as { model_version?: string };
    const isRight = outputsOf(answer).label?.[0] === heldOut.labels[row];
    return { version, header: answer.headers['fairlead-version'], isRight };
  });
  const readiness = new SteadyLoad(10, () => httpCall({ port }, '/v2/health/ready', { agent }));
  /** Waits until the version has answered 50 more requests. */
  const untilAnswers = async (version: string): Promise<void> => {
    const before = load.responses.length;
    await until(() =>
      load.responses.slice(before).filter((answer) => answer.version === version).length >= 50
        ? true
        : undefined,
    );
  };
  await untilAnswers('1');
  const audit = { actor: 'test', reason: 'try it' };
  // The alias has gates, and this version has no parity measurement.
  await expect(registry.setAlias('digits', 'champion', 2, audit)).rejects.toMatchObject({
    code: 'ERR_REGISTRY_GATES_FAILED',
  });
  const dangerouslySkipGates = 'the same file as version 1';
  await registry.setAlias('digits', 'champion', 2, { ...audit, dangerouslySkipGates });
  await untilAnswers('2');
  await registry.rollback('digits', 'champion', { actor: 'test', reason: 'enough' });
  await untilAnswers('1');
  const seconds = await load.stop();
  await readiness.stop();

  expect(load.failures).toEqual([]);
  expect(load.responses).toHaveLength(load.sent);
  expect(load.sent).toBeGreaterThanOrEqual(50 * seconds);
  expect(load.responses.every(({ isRight }) => isRight)).toBe(true);
  expect(load.responses.every(({ version, header }) => version === header)).toBe(true);
  expect(new Set(load.responses.map(({ version }) => version))).toEqual(new Set(['1', '2']));
  expect(readiness.failures).toEqual([]);
  expect(new Set(readiness.responses.map(({ status }) => status))).toEqual(new Set([200]));
  const history = await registry.history('digits', 'champion');
  expect(history.map(({ action, version }) => `${action} ${version}`)).toEqual([
    'set 1',
    'set 2',
    'rollback 1',
  ]);
});

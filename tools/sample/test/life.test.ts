import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort, httpCall, slowness, SteadyLoad, until } from '@fairlead/test-support';
import { readHeldOut } from './support/held-out.ts';
import { processesAbout } from './support/processes-about.ts';
import {
  startSample,
  stopAll,
  untilNothingIsLeft,
  type SampleApplication,
} from './support/sample-application.ts';
import { pushSwapVersions, swapBehindNginx } from './support/swaps-behind-nginx.ts';

// A start may take long on a busy machine; only the ten seconds of a stop are measured.
const TIMEOUT_MS = 180_000;
const READY = 'Ctrl-C stops everything.';

const state = mkdtempSync(join(tmpdir(), 'fairlead-life-'));
let port: number;

beforeAll(async () => {
  port = await freePort();
});

afterAll(() => {
  rmSync(state, { recursive: true, force: true });
});

async function started(): Promise<SampleApplication> {
  const application = startSample(state, port);
  await application.says(READY);
  return application;
}

/** Process ids of the programs, in the order of their start. */
function programs(): Record<'flask' | 'gateway' | 'nginx', number> {
  const records = JSON.parse(readFileSync(join(state, 'processes.json'), 'utf8')) as {
    pid: number;
  }[];
  expect(records).toHaveLength(3);
  const [flask = 0, gateway = 0, nginx = 0] = records.map(({ pid }) => pid);
  return { flask, gateway, nginx };
}

/** Writes a golden example with an output above 1: its tolerance is relative to the value. */
function goldenOfWine(): string {
  const file = join(state, 'golden.json');
  const tensor = (name: string, data: readonly number[]) => ({
    ...{ name, datatype: 'FP32', shape: [1, 2], data },
  });
  const example = {
    inputs: [tensor('x', [50_000, 0])],
    outputs: [tensor('y', [100_002, 1])],
    tolerance: 1e-4,
  };
  writeFileSync(file, JSON.stringify([example]));
  return file;
}

async function predict(model: string): Promise<number> {
  const { key } = JSON.parse(readFileSync(join(state, 'secrets.json'), 'utf8')) as { key: string };
  const { status } = await httpCall({ port }, `/v2/models/${model}/infer`, {
    body: readHeldOut(state, 'digits').request(0, 1),
    headers: { authorization: `Bearer ${key}` },
  });
  return status;
}

/** Checks that no process listens on the port. */
async function expectPortFree(): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

// One application for all these tests, which run in this order.
describe('the first start', () => {
  let application: SampleApplication;

  beforeAll(async () => {
    await pushSwapVersions(state);
    application = await started();
  }, TIMEOUT_MS);
  afterAll(stopAll, TIMEOUT_MS);

  test('pushes every model', async () => {
    for (const model of ['breast-cancer', 'breast-cancer-flask', 'digits', 'digits-flask']) {
      expect(application.said()).toContain(`Pushed ${model} version 1.\n`);
    }
    expect(await predict('digits')).toBe(200);
  });

  test(
    'a second start on the same folder ends with exit code 1, and the first continues',
    { timeout: TIMEOUT_MS },
    async () => {
      const second = startSample(state, await freePort());
      expect(await second.ended).toBe(1);
      expect(second.said()).toContain(`The sample application already runs on ${state}.`);
      expect(await predict('digits-flask')).toBe(200);
    },
  );

  // The long form, 20 swaps and 10,000 requests: npm run soak -- swaps-behind-nginx
  test(
    'four moves of an alias and a gateway replaced with kill -USR2: no request fails',
    { timeout: TIMEOUT_MS },
    async () => {
      const { gateway } = programs();
      const report = await swapBehindNginx({
        ...{ application, state, port, swaps: 4, requests: 800, perSecond: 80 },
      });
      expect(report.failures).toEqual([]);
      expect(report.answered).toBe(report.sent);
      expect(report.sent).toBeGreaterThanOrEqual(800);
      // The successor listens before its predecessor stops.
      expect(report.gateways).toEqual(['listening', 'stopped']);
      expect(report.versions['1']).toBeGreaterThan(50);
      expect(report.versions['2']).toBeGreaterThan(50);
      expect(programs().gateway).not.toBe(gateway);
      expect(processesAbout(state).filter(({ group }) => group === gateway)).toEqual([]);
      expect(await predict('digits')).toBe(200);
    },
  );

  test(
    'kill -USR2 does not stop the gateway when its successor does not become ready',
    { timeout: TIMEOUT_MS },
    async () => {
      const { gateway } = programs();
      const keys = readFileSync(join(state, 'keys.json'));
      writeFileSync(join(state, 'keys.json'), 'none');
      onTestFinished(() => {
        writeFileSync(join(state, 'keys.json'), keys);
      });
      application.process.kill('SIGUSR2');
      await application.says('gateway was not replaced: it has ended (exit code 1)');
      expect(application.said()).toContain("FAIRLEAD_KEYS_FILE can't be used");
      expect(programs().gateway).toBe(gateway);
      expect(await predict('digits')).toBe(200);
      expect(await predict('digits-flask')).toBe(200);
    },
  );

  test("the README's commands serve a user's model", { timeout: TIMEOUT_MS }, async () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const block = /### Serve your own model\n.*?```sh\n(.*?)```/s.exec(readme)?.[1] ?? '';
    const commands = block
      .replace('.fairlead/sample/registry', join(state, 'registry'))
      .replace('wine.onnx', `packages/serving/test/models/affine.onnx --golden ${goldenOfWine()}`);
    execFileSync('bash', ['-ec', commands], { cwd: root });
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
    const { key } = JSON.parse(readFileSync(join(state, 'secrets.json'), 'utf8')) as {
      key: string;
    };
    const headers = { authorization: `Bearer ${key}` };
    const infer = () => httpCall({ port }, '/v2/models/wine/infer', { body: { inputs }, headers });
    // The gateway searches for new models every ten seconds.
    await until(async () => (await infer()).status === 200);
    const response = await infer();
    expect([response.status, JSON.parse(response.body)]).toMatchObject([
      200,
      { outputs: [{ name: 'y', data: [3, 5] }] },
    ]);
  });

  test(
    'SIGTERM under load: every request that Nginx accepted is answered, by the gateway and by Flask; the starter ends with exit code 0 within ten seconds, and leaves no process and no socket',
    { timeout: TIMEOUT_MS },
    async () => {
      const { key } = JSON.parse(readFileSync(join(state, 'secrets.json'), 'utf8')) as {
        key: string;
      };
      const groups = Object.values(programs());
      const { request, labels, rows } = readHeldOut(state, 'digits');
      const agent = new Agent({ keepAlive: true, maxSockets: 16 });
      const log = join(state, 'host/logs/nginx-access.log');
      const before = readFileSync(log, 'utf8').length;
      const load = new SteadyLoad(150, async (number) => {
        const model = number % 4 === 0 ? 'digits-flask' : 'digits';
        const row = number % rows;
        const answer = await httpCall({ port }, `/v2/models/${model}/infer`, {
          agent,
          body: request(row, 1),
          headers: { authorization: `Bearer ${key}` },
        });
        const { outputs } = JSON.parse(answer.body) as { outputs?: { data: number[] }[] };
        return answer.status === 200 && outputs?.[0]?.data[0] === labels[row];
      });
      await until(() => load.responses.length > 200);
      const stoppedAt = performance.now();
      application.process.kill('SIGTERM');
      expect(await application.ended).toBe(0);
      expect(performance.now() - stoppedAt).toBeLessThan(10_000 * slowness());
      await load.stop();
      agent.destroy();
      expect(application.said()).toMatch(/Stopping …\nStopped\.\n$/);

      expect(load.responses.every(Boolean)).toBe(true);
      // Nginx did not accept these connections: it had closed its listener.
      for (const failure of load.failures) {
        expect(failure).toMatchObject({
          code: expect.stringMatching(/^(ECONNREFUSED|ECONNRESET|EPIPE)$/) as string,
        });
      }
      const lines = readFileSync(log, 'utf8').slice(before).trim().split('\n');
      const accepted = lines.map((line) => JSON.parse(line) as { uri: string; status: string });
      const statuses = accepted
        .filter(({ uri }) => uri.startsWith('/v2/models/digits'))
        .map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set(['200']));
      expect(statuses).toHaveLength(load.responses.length);
      expect(processesAbout(state).filter(({ group }) => groups.includes(group))).toEqual([]);
      await untilNothingIsLeft(state);
      await expectPortFree();
    },
  );
});

test(
  'a killed worker of Flask is replaced; a killed master is reported, and ends everything with exit code 1',
  { timeout: TIMEOUT_MS },
  async () => {
    const application = await started();
    onTestFinished(stopAll);
    // The second start pushes no version, and checks only the models of the sample.
    for (const model of ['breast-cancer', 'breast-cancer-flask', 'digits', 'digits-flask']) {
      expect(application.said()).toContain(`${model} version 1 exists already.\n`);
    }
    expect(application.said()).not.toContain('Pushed');
    expect(application.said()).not.toContain('/v2/models/wine/infer');

    const { flask } = programs();
    const workers = () =>
      processesAbout(state).filter(({ pid, group }) => group === flask && pid !== flask);
    const [worker] = workers();
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    await until(() => workers().some(({ pid }) => pid !== worker?.pid));
    await until(async () => (await predict('digits-flask')) === 200);
    expect(application.said()).not.toContain('has ended');

    process.kill(flask, 'SIGKILL');
    expect(await application.ended).toBe(1);
    const said = application.said();
    expect(said).toContain(
      `flask has ended (SIGKILL). The last lines of ${join(state, 'host/logs/flask.log')}:\n`,
    );
    // The last lines of its log: the replaced worker, or requests since.
    expect(said.slice(said.indexOf('flask has ended'))).toContain('"service": "flask-model"');
    await untilNothingIsLeft(state);
    await expectPortFree();
  },
);

test(
  'the programs of a killed starter end, and the next start succeeds',
  { timeout: TIMEOUT_MS },
  async () => {
    const killed = await started();
    onTestFinished(stopAll);
    killed.process.kill('SIGKILL');
    expect(await killed.ended).toBe('SIGKILL');
    // At once: some programs of the first are still ending.
    const next = await started();
    expect(next.said()).not.toContain('Pushed');
    expect(await predict('digits')).toBe(200);
    expect(await predict('digits-flask')).toBe(200);
    const groups = new Set(Object.values(programs()));
    const strangers = processesAbout(state).filter(
      ({ pid, group }) => pid !== next.pid && !groups.has(group),
    );
    expect(strangers).toEqual([]);

    next.process.kill('SIGKILL');
    await next.ended;
    await until(() => processesAbout(state).length === 0);
    await expectPortFree();
  },
);

test.each(['Training the sample models', 'Starting Flask under Gunicorn'])(
  'SIGINT after "%s" stops every process, even when its output is no longer read',
  { timeout: TIMEOUT_MS },
  async (moment) => {
    // Only a new folder has a model to train.
    const folder = moment.startsWith('Training')
      ? mkdtempSync(join(tmpdir(), 'fairlead-life-'))
      : state;
    onTestFinished(async () => {
      await stopAll();
      if (folder !== state) rmSync(folder, { recursive: true, force: true });
    });
    const application = startSample(folder, port);
    await application.says(moment);
    application.process.stdout?.destroy();
    application.process.stderr?.destroy();
    application.process.kill('SIGINT');
    expect(await application.ended).toBe(0);
    await untilNothingIsLeft(folder);
    await expectPortFree();
  },
);

test(
  'a taken port stops the start with a message that names the port and the fix',
  { timeout: TIMEOUT_MS },
  async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const taken = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const application = startSample(state, taken);
    expect(await application.ended).toBe(1);
    expect(application.said()).toContain(`Port ${taken} on 127.0.0.1 is not available`);
    expect(application.said()).toContain('FAIRLEAD_PORT');
    server.close();
    await untilNothingIsLeft(state);
  },
);

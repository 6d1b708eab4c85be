import {
  deployToHost,
  type BuiltRelease,
  type Carrier,
  type HostDeployment,
} from '@fairlead/deploy';
import { sshCarrier } from '@fairlead/deploy/ssh';
import { canBootFleet, startFleet, type Fleet, type FleetHost } from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleOnHost } from './support/sample-on-host.ts';

/** Result of a deployment with its times. */
interface TimedDeployment extends HostDeployment {
  /** Milliseconds of each step, by its name. */
  readonly steps: Readonly<Record<string, number>>;
}

describe.skipIf(!canBootFleet())('the sample application on a host', () => {
  let sample: SampleOnHost;
  let fleet: Fleet;
  let host: FleetHost;
  let carrier: Carrier;
  let first: BuiltRelease;
  const figures: string[] = [];

  beforeAll(async () => {
    sample = new SampleOnHost();
    await sample.prepareModels();
    const begin = performance.now();
    first = await sample.build();
    figures.push(`build ${seconds(performance.now() - begin)}, ${megabytes(first.bytes)}`);
    for (const { role, compressedBytes, bytes } of first.manifest.parts) {
      figures.push(`part ${role}: ${megabytes(bytes)}, compressed ${megabytes(compressedBytes)}`);
    }
    fleet = await startFleet();
    host = fleet.host('h1');
    carrier = await sshCarrier({ url: 'h1', configFile: fleet.sshConfig });
    sample.sync(fleet.sshConfig);
  });

  afterAll(async () => {
    console.log(figures.join('\n'));
    await (carrier as Carrier | undefined)?.close();
    await (fleet as Fleet | undefined)?.close();
    sample.remove();
  });

  async function deploy(release: BuiltRelease, name: string): Promise<TimedDeployment> {
    const begin = performance.now();
    const starts: [string, number][] = [];
    const result = await deployToHost(carrier, {
      release: release.path,
      onStep: (step) => starts.push([step, performance.now()]),
    });
    const end = performance.now();
    const steps: Record<string, number> = {};
    for (const [index, [step, start]] of starts.entries()) {
      steps[step] = (steps[step] ?? 0) + (starts[index + 1]?.[1] ?? end) - start;
    }
    const each = Object.entries(steps).map(([step, ms]) => `${step} ${seconds(ms)}`);
    figures.push(
      `${name}: ${result.outcome}, sent ${megabytes(result.sentBytes)}, ${seconds(end - begin)} (${each.join(', ')})`,
    );
    if (result.message !== undefined) figures.push(`  ${result.message.slice(0, 400)}`);
    return { ...result, steps };
  }

  const shell = async (script: string): Promise<string> =>
    (await host.run(['sh', '-c', script])).stdout.trim();

  /** Predicts the golden examples of every model through Nginx. */
  async function predictions(): Promise<readonly string[]> {
    return Promise.all(
      sample.checks.map(async ({ path, body }) => {
        const data = JSON.stringify(body);
        const { stdout } = await host.run([
          ...['curl', '-sS', '-m', '20', '-o', '/dev/null', '-w', '%{http_code}'],
          ...['-H', `authorization: Bearer ${sample.key}`, '-H', 'content-type: application/json'],
          ...['-d', data, `http://127.0.0.1${path}`],
        ]);
        return `${path.split('/')[3] ?? ''} ${stdout}`;
      }),
    );
  }
  const served = ['breast-cancer', 'breast-cancer-flask', 'digits', 'digits-flask'].map(
    (model) => `${model} 200`,
  );

  it('serves models in process and by Flask from one release, which the gate checked', async () => {
    expect(sample.checks).toHaveLength(4);
    const result = await deploy(first, 'first deployment');
    expect([result.message, result.outcome]).toEqual([undefined, 'activated']);
    expect((await predictions()).toSorted()).toEqual(served);
    for (const secret of sample.secrets) {
      const unit = await host.run(['grep', '-rlF', secret, '/opt/fairlead', '/etc/systemd'], {
        mayFail: true,
      });
      expect(unit.stdout).toBe('');
      expect(await host.journal()).not.toContain(secret);
    }
  });

  it('runs hardened: exposure 1.5 at most for Node, 0.6 for Python, with limits of memory and tasks', async () => {
    const exposure = async (unit: string): Promise<number> => {
      const text = await shell(`systemd-analyze security --no-pager ${unit} | tail -1`);
      return Number(/level for \S+: ([\d.]+) /.exec(text)?.[1]);
    };
    const levels = [
      await exposure('fairlead-gateway.service'),
      await exposure('fairlead-flask.service'),
    ];
    figures.push(`systemd-analyze security: gateway ${levels[0] ?? ''}, Flask ${levels[1] ?? ''}`);
    expect(levels[0]).toBeLessThanOrEqual(1.5);
    expect(levels[1]).toBeLessThanOrEqual(0.6);
    const limits = 'systemctl show --property=MemoryMax,TasksMax';
    expect(await shell(`${limits} fairlead-flask`)).toBe('MemoryMax=536870912\nTasksMax=512');
    expect(await shell(`${limits} fairlead-gateway`)).toBe('MemoryMax=1073741824\nTasksMax=512');
    // Only root may change what Flask unpickles.
    const models = '/var/lib/fairlead-flask/models';
    expect(await shell(`stat -c '%a %U %G' ${models} ${models}/digits/model.joblib`)).toBe(
      '750 root fairlead-flask\n640 root fairlead-flask',
    );
    expect((await predictions()).toSorted()).toEqual(served);
  });

  it('the same release changes nothing, and a changed application carries 2.5 MB at most', async () => {
    expect(await deploy(first, 'same release')).toMatchObject({
      ...{ outcome: 'unchanged', sentBytes: 0 },
    });
    const changed = await sample.build({}, { entry: sample.changedEntry() });
    const result = await deploy(changed, 'changed application');
    expect(result.outcome).toBe('activated');
    expect(result.sentBytes).toBeLessThan(2.5e6);
    expect(await host.journal('fairlead-gateway')).toContain('changed application');
    expect((await predictions()).toSorted()).toEqual(served);
    expect((await deploy(first, 'back to the first')).outcome).toBe('activated');
  });

  it('reverts a release whose ONNX model can not be loaded', async () => {
    await shell('cp -a /var/lib/fairlead/registry /var/lib/fairlead/damaged');
    await shell(`
      cd /var/lib/fairlead/damaged
      for blob in $(find blobs -type f -size +1k); do printf damaged | dd of=$blob conv=notrunc bs=1 seek=64 status=none; done`);
    const bad = await sample.build({ registry: '/var/lib/fairlead/damaged' });
    const result = await deploy(bad, 'ONNX model that can not be loaded');
    expect(result).toMatchObject({ outcome: 'reverted', digest: first.digest });
    expect(result.message).toMatch(
      /infer: model "[a-z-]+" version 1 can't be loaded: .* is damaged: /,
    );
    // Long before the end of the time to become ready.
    expect(result.steps.gate).toBeLessThan(40_000);
    expect((await predictions()).toSorted()).toEqual(served);
  });

  it("reverts a release whose Python model can't be loaded", async () => {
    await shell(`
      cp -a /var/lib/fairlead-flask/models /var/lib/fairlead-flask/damaged
      printf damaged >> /var/lib/fairlead-flask/damaged/digits/model.joblib`);
    const bad = await sample.build({ flaskModels: '/var/lib/fairlead-flask/damaged' });
    const result = await deploy(bad, 'Python model that can not be loaded');
    expect(result).toMatchObject({ outcome: 'reverted', digest: first.digest });
    expect(result.log?.join('\n')).toContain('but its metadata has');
    expect((await predictions()).toSorted()).toEqual(served);
  });

  it.each(['digits', 'digits-flask'])(
    'reverts a release with a wrong answer of %s',
    async (model) => {
      const path = `/v2/models/${model}/infer`;
      const checks = sample.checks.map((check) =>
        check.path === path
          ? { ...check, expected: { outputs: [{ name: 'label', data: [99] }] } }
          : check,
      );
      const result = await deploy(await sample.build({}, { checks }), `wrong answer of ${model}`);
      expect(result).toMatchObject({ outcome: 'reverted', digest: first.digest });
      expect(result.message).toContain(`${path}: the answer is `);
      expect((await predictions()).toSorted()).toEqual(served);
    },
  );

  it('serves after a reboot', async () => {
    await host.reboot();
    const begin = performance.now();
    while (performance.now() - begin < 120_000) {
      if ((await predictions().catch(() => [])).toSorted().join() === served.join()) break;
    }
    figures.push(`ready ${seconds(performance.now() - begin)} after a reboot`);
    expect((await predictions()).toSorted()).toEqual(served);
  });
});

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

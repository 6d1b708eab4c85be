import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { verifyRegistry } from '@fairlead/registry/maintenance';
import { readPlan, RolloutLog, type RolloutState } from '@fairlead/rollout';
import { httpCall, until } from '@fairlead/test-support';
import { Random } from '@fairlead/test-support/random';
import { gatewayCommand, processEnvironment } from '../support/gateway-command.ts';
import { onnxVersion } from '../support/sample-registry.ts';

const GATEWAYS = 3;
const MODEL = 'affine';
const by = { actor: 'test' };
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
/** First output of each version for it. */
const results: Readonly<Record<string, string>> = { 1: '[3,5]', 2: '[103,105]' };

/** Result of {@link killGateways}. */
export interface KillResult {
  readonly kills: number;
  readonly rollouts: readonly RolloutState[];
  /** Versions that the alias has pointed to, in their order. */
  readonly champions: readonly number[];
  /** Responses of gateways that were alive. */
  readonly responses: number;
  /** Those that were not the right answer of the version that they name. */
  readonly wrong: readonly string[];
  /** Problems of the registry at the end. */
  readonly problems: readonly string[];
}

/** Kills gateways with SIGKILL at random moments while they run one rollout after another, each back to the other version. */
export async function killGateways(
  folder: string,
  kills: number,
  seed: number,
): Promise<KillResult> {
  const random = new Random(seed);
  const location = join(folder, 'registry');
  mkdirSync(location);
  const store = folderStore(location);
  const registry = new ModelRegistry({ store });
  await registry.push(onnxVersion(MODEL, 'affine'));
  await registry.push(onnxVersion(MODEL, 'affine-next'));
  await registry.setAlias(MODEL, 'champion', 1, by);
  const log = new RolloutLog({ objects: store, model: MODEL });

  let started = 0;
  const start = (): { readonly child: ChildProcess; readonly socketPath: string } => {
    const socketPath = join(folder, `${(started += 1)}.sock`);
    const [program, ...args] = gatewayCommand;
    const environment = {
      ...processEnvironment,
      FAIRLEAD_REGISTRY: location,
      FAIRLEAD_LISTEN: `unix:${socketPath}`,
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_ROUTING_KEY_HEADER: 'x-user-id',
      FAIRLEAD_POLL_INTERVAL_MS: '50',
      FAIRLEAD_ROLLOUT_JUDGE_INTERVAL_MS: '150',
    };
    return { child: spawn(program, args, { env: environment, stdio: 'ignore' }), socketPath };
  };
  const slots = Array.from({ length: GATEWAYS }, start);
  const wrong: string[] = [];
  let responses = 0;
  let isRunning = true;

  const sendRequests = async (): Promise<void> => {
    while (isRunning) {
      const slot = slots[Math.floor(random.uniform() * GATEWAYS)];
      const headers = { 'x-user-id': `user-${Math.floor(random.uniform() * 100_000)}` };
      try {
        const address = { socketPath: slot?.socketPath ?? '' };
        const answer = await httpCall(address, `/v2/models/${MODEL}/infer`, { body, headers });
        // A gateway that has just begun isn't ready.
        if (answer.status === 503 || answer.status === 404) continue;
        responses += 1;
        const version = String(answer.headers['fairlead-version']);
        if (!answer.body.includes(results[version] ?? 'unknown')) wrong.push(answer.body);
      } catch {
        // The gateway was killed, or doesn't listen yet.
        await sleep(5);
      }
    }
  };
  const runRollouts = async (): Promise<void> => {
    while (isRunning) {
      const { version } = await registry.resolve(MODEL, 'champion');
      const plan = readPlan({
        ...{ baseline: String(version), candidate: String(3 - version) },
        steps: [0.3, 0.6].map((share) => ({ share, minMinutes: 0.005, minRequests: 10 })),
        guardrails: { failures: { tolerated: 0.05 } },
      });
      await log.start(plan, { ...by, reason: 'the next one' });
      await until(async () => !isRunning || (await log.latest())?.status === 'ended');
    }
  };
  const running = [sendRequests(), sendRequests(), sendRequests(), runRollouts()];
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(100 + random.uniform() * 1200);
    const at = Math.floor(random.uniform() * GATEWAYS);
    const victim = slots[at];
    if (victim === undefined) continue;
    const ended = once(victim.child, 'exit');
    victim.child.kill('SIGKILL');
    await ended;
    slots[at] = start();
  }
  // On a slow machine a killed gateway has not answered yet; those that are left do.
  await until(async () => responses >= 100 && (await log.all())[0]?.status === 'ended');
  isRunning = false;
  await Promise.all(running);
  for (const { child } of slots) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  const champions = (await registry.history(MODEL, 'champion')).map(({ version }) => version);
  const { problems } = await verifyRegistry(store);
  const rollouts = await log.all();
  return {
    kills,
    rollouts,
    champions,
    responses,
    wrong,
    problems: problems.map(({ message }) => message),
  };
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelRegistry } from '@fairlead/registry';
import { s3Store } from '@fairlead/registry/s3';
import { CountsReader, readPlan, RolloutLog, type RolloutState } from '@fairlead/rollout';
import { httpCall, newBucket, SteadyLoad, until } from '@fairlead/test-support';
import type { S3Client } from '@aws-sdk/client-s3';
import { awsEnvironment } from '../../support/aws-environment.ts';
import { gatewayCommand, processEnvironment } from '../../support/gateway-command.ts';
import { onnxVersion } from '../../support/sample-registry.ts';
import type { TcpLink } from '../../support/tcp-link.ts';

const GATEWAYS = 3;
const USERS = 1000;
/** After the outage, and in which the gateways store what they have counted. */
const REST_PER_SECOND = 200;
const STORE_MS = 180_000;
const MODEL = 'affine';
const by = { actor: 'test' };
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

/** Requests by variants. */
type Counts = Readonly<Record<string, number>>;

/** Options of {@link runRolloutOutage}. */
export interface RolloutOutageOptions {
  /** Way of the gateways to S3. */
  readonly link: TcpLink;
  /** Client with a way around the link. */
  readonly client: S3Client;
  readonly folder: string;
  /** Requests of all gateways together. */
  readonly perSecond: number;
  readonly secondsBefore: number;
  readonly awaySeconds: number;
  /** Settings of each gateway. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Result of {@link runRolloutOutage}. */
export interface RolloutOutageResult {
  readonly sent: number;
  /** Requests that got another answer than 200, or none. */
  readonly failed: number;
  /** Requests during the outage. */
  readonly sentDuringOutage: number;
  /** Those whose user had the other variant before, or none. */
  readonly moved: number;
  /** Answers until the end of the outage, by variants. */
  readonly answered: Counts;
  /** Requests in the counts of the rollout. */
  readonly counted: Counts;
  readonly state: RolloutState | undefined;
  /** Version that `champion` names at the end. */
  readonly champion: number;
}

interface Answer {
  readonly user: number;
  readonly status: number;
  readonly variant: string | undefined;
  readonly when: 'starting' | 'before' | 'during' | 'after';
}

/** Runs a rollout with half of the users on three gateways, whose S3 is away for a time, and waits for its end. */
export async function runRolloutOutage(
  options: RolloutOutageOptions,
): Promise<RolloutOutageResult> {
  const { link, client, folder, perSecond, secondsBefore, awaySeconds, settings = {} } = options;
  const bucket = await newBucket(client);
  const store = s3Store({ client, bucket, prefix: 'prod' });
  const registry = new ModelRegistry({ store });
  await registry.push(onnxVersion(MODEL, 'affine'));
  await registry.push(onnxVersion(MODEL, 'affine-next'));
  await registry.setAlias(MODEL, 'champion', 1, by);
  const log = new RolloutLog({ objects: store, model: MODEL });
  const requests = USERS + (secondsBefore + awaySeconds) * perSecond;
  const plan = readPlan({
    ...{ baseline: '1', candidate: '2' },
    // More than those of the candidate until the end of the outage.
    steps: [{ share: 0.5, minMinutes: 0.01, minRequests: Math.ceil(requests * 0.6) }],
    guardrails: { failures: { tolerated: 0.05 } },
  });
  const gateways = Array.from({ length: GATEWAYS }, (_, index) => {
    const socketPath = join(folder, `${index}.sock`);
    const [program, ...args] = gatewayCommand;
    const env = {
      ...processEnvironment,
      ...awsEnvironment(`http://127.0.0.1:${link.port}`),
      FAIRLEAD_REGISTRY: `s3://${bucket}/prod`,
      FAIRLEAD_REGISTRY_CACHE: join(folder, `cache-${index}`),
      FAIRLEAD_LISTEN: `unix:${socketPath}`,
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_ROUTING_KEY_HEADER: 'x-user-id',
      ...settings,
    };
    return { child: spawn(program, args, { env, stdio: 'ignore' }), socketPath };
  });
  const answers: Answer[] = [];
  let when: Answer['when'] = 'starting';
  const send = async (number: number) => {
    const user = number % USERS;
    const sentAt = when;
    const headers = { 'x-user-id': `user-${user}` };
    // Users get answers from each gateway in turn.
    const { socketPath = '' } = gateways[Math.floor(number / USERS) % GATEWAYS] ?? {};
    const path = `/v2/models/${MODEL}/infer`;
    const { status, headers: named } = await httpCall({ socketPath }, path, { body, headers });
    const variant = named['fairlead-variant'] as string | undefined;
    answers.push({ user, status, variant, when: sentAt });
    return { status, variant };
  };
  try {
    const fromEach = () =>
      Promise.all(gateways.map((_, index) => send(index * USERS))).catch(() => undefined);
    await until(async () => (await fromEach())?.every(({ status }) => status === 200));
    await log.start(plan, { ...by, reason: 'a test' });
    await until(async () => (await fromEach())?.every(({ variant }) => variant !== undefined));
    when = 'before';
    const load = new SteadyLoad(perSecond, send);
    // Every user has a variant.
    await until(() => load.sent > USERS);
    await sleep(secondsBefore * 1000);
    when = 'during';
    link.cut();
    await sleep(awaySeconds * 1000);
    link.mend();
    await load.stop();
    const before = summarize(answers);
    const counted = await waitForCounts(before.answered, async () =>
      countRequests(store, await log.latest()),
    );
    when = 'after';
    const rest = new SteadyLoad(REST_PER_SECOND, send);
    await until(async () => (await log.latest())?.status === 'ended');
    await rest.stop();
    await Promise.all(gateways.map(({ child }) => end(child)));
    const wrong = answers.filter((each) => each.when !== 'starting' && each.status !== 200).length;
    return {
      ...before,
      sent: load.sent + rest.sent,
      failed: load.failures.length + rest.failures.length + wrong,
      counted,
      state: await log.latest(),
      champion: (await registry.resolve(MODEL, 'champion')).version,
    };
  } finally {
    for (const { child } of gateways) child.kill('SIGKILL');
  }
}

/** Describes what is wrong with a result; empty when nothing is. */
export function rolloutOutageProblems(result: RolloutOutageResult): readonly string[] {
  const { sent, failed, sentDuringOutage, moved, answered, counted, state, champion } = result;
  return [
    failed > 0 && `${failed} of ${sent} requests failed`,
    moved > 0 && `${moved} of ${sentDuringOutage} requests during the outage got another variant`,
    ...['baseline', 'candidate'].map(
      (variant) =>
        counted[variant] !== answered[variant] &&
        `${counted[variant] ?? 0} of ${answered[variant]} requests of the ${variant} were counted`,
    ),
    state?.result !== 'promoted' && `the rollout is ${state?.result ?? state?.status}`,
    champion !== 2 && `champion is version ${champion}`,
  ].filter((problem) => problem !== false);
}

function summarize(answers: readonly Answer[]) {
  const variantOf = new Map<number, string | undefined>();
  const answered: Record<string, number> = {};
  for (const { user, variant, when } of answers) {
    if (when === 'before') variantOf.set(user, variant);
    if (variant !== undefined) answered[variant] = (answered[variant] ?? 0) + 1;
  }
  const during = answers.filter(({ when }) => when === 'during');
  const moved = during.filter(({ user, variant }) => variantOf.get(user) !== variant).length;
  return { answered, sentDuringOutage: during.length, moved };
}

/** Resolves to the counts once they are as many as the answers, or after the time in which the gateways store them. */
async function waitForCounts(answered: Counts, read: () => Promise<Counts>): Promise<Counts> {
  const sum = (counts: Counts): number =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  const deadline = performance.now() + STORE_MS;
  return until(async () => {
    const counts = await read();
    return (sum(counts) >= sum(answered) || performance.now() > deadline) && counts;
  });
}

async function countRequests(
  store: ReturnType<typeof s3Store>,
  state: RolloutState | undefined,
): Promise<Counts> {
  const reader = new CountsReader(store, state ?? { model: MODEL, number: 1 }, (error) => {
    throw error;
  });
  const counted: Record<string, number> = {};
  for (const { variants } of await reader.read(Date.now() + 60_000)) {
    for (const [name, { requests }] of variants) counted[name] = (counted[name] ?? 0) + requests;
  }
  return counted;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

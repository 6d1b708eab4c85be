import {
  RolloutLog,
  RolloutRunner,
  readPlan,
  type RolloutEvent,
  type RolloutInference,
  type RolloutPlanInput,
  type RolloutState,
} from '@fairlead/rollout';
import type { Tensor } from '@fairlead/signature';
import { memoryObjects } from '@fairlead/test-support/memory-objects';
import { Random } from '@fairlead/test-support/random';

/** How a version answers, given a request of a user. */
export type Answer = (
  user: number,
) => Partial<
  Pick<
    RolloutInference,
    'outcome' | 'reason' | 'code' | 'isFault' | 'isCached' | 'durationMs' | 'outputs'
  >
>;

const MODEL = 'churn';
const MINUTE_MS = 60_000;
const audit = { actor: 'ada', reason: 'retrained' };

/** Several processes that serve a model from one store, with a clock that only {@link SimulatedFleet.run} moves. */
export class SimulatedFleet {
  readonly objects = memoryObjects();
  readonly random: Random;
  now = Date.parse('2026-11-29T12:00:00Z');
  champion: string | undefined = '3';
  /** Versions that each process serves by the alias; it follows the champion at {@link follow}. */
  current: string | undefined = '3';
  live = new Set(['3', '4']);
  /** Versions that are loaded for copies only. */
  readonly copying = new Set<string>();
  /** Called at a promotion; may throw. */
  onPromote: () => void = () => undefined;
  promotions = 0;
  /** Checks the candidate on each process; may throw. */
  checkCandidate: (version: string) => string | undefined = () => undefined;
  readonly events: RolloutEvent[] = [];
  readonly errors: unknown[] = [];
  runners: RolloutRunner[];
  #started = 0;

  constructor(seed: number, size = 3) {
    this.random = new Random(seed);
    this.runners = Array.from({ length: size }, () => this.open());
  }

  /** Starts another process. */
  open(): RolloutRunner {
    this.#started += 1;
    return new RolloutRunner({
      objects: this.objects,
      writer: `host-${this.#started}`,
      actor: 'gateway',
      models: () => [MODEL],
      isLive: (_, version, role) =>
        this.live.has(version) || (role === 'shadow' && this.copying.has(version)),
      currentOf: () => this.current,
      championOf: () => Promise.resolve(this.champion),
      promote: (_, { version, baseline }) => {
        this.onPromote();
        if (this.champion !== baseline) return Promise.reject(new Error('the alias has moved'));
        this.promotions += 1;
        this.champion = version;
        return Promise.resolve();
      },
      labelOf: (_model, _version, [output]) =>
        output?.datatype === 'BYTES' ? new TextDecoder().decode(output.data[0]) : undefined,
      scoreOf: (_model, _version, [output]) =>
        output?.datatype === 'FP64' ? output.data[0] : undefined,
      checkCandidate: async (_, version) => Promise.resolve(this.checkCandidate(version)),
      onEvent: (event) => this.events.push(event),
      onError: (error) => this.errors.push(error),
      now: () => this.now,
      random: () => this.random.uniform(),
    });
  }

  log(): RolloutLog {
    return new RolloutLog({ objects: this.objects, model: MODEL, now: () => this.now });
  }

  async start(plan: Partial<RolloutPlanInput> = {}): Promise<RolloutState> {
    const state = await this.log().start(
      readPlan({ baseline: '3', candidate: '4', ...plan }),
      audit,
    );
    await this.poll();
    return state;
  }

  async poll(): Promise<void> {
    for (const runner of this.runners) await runner.poll();
  }

  /** Sends a request of a user to one of the processes; returns the version that answered. */
  request(user: number, answers: Readonly<Record<string, Answer>>): string {
    const runner = this.runners[Math.floor(this.random.uniform() * this.runners.length)];
    const key = `user-${user}`;
    const choice = runner?.route({ model: MODEL }, key);
    if (choice === undefined || runner === undefined) return this.current ?? '';
    const { version, variant, shadow } = choice;
    const end = (of: string, role: 'answer' | 'shadow'): RolloutInference => ({
      ...{
        model: MODEL,
        choice,
        version: of,
        variant,
        key,
        role,
        outcome: 'success',
        durationMs: 5,
      },
      outputs: label('yes'),
      ...answers[of]?.(user),
    });
    const answered = end(version, 'answer');
    runner.finished(answered);
    if (shadow !== undefined && answered.outcome === 'success') {
      runner.finished({ ...end(shadow, 'shadow'), answered: answered.outputs });
    }
    return version;
  }

  /** Lets minutes pass, each with requests of random users; every process then stores, judges and reads. */
  async run(
    minutes: number,
    {
      requests = 600,
      users = 20_000,
      answers = {},
    }: {
      readonly requests?: number;
      readonly users?: number;
      readonly answers?: Readonly<Record<string, Answer>>;
    } = {},
  ): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      for (let i = 0; i < requests; i += 1) {
        this.now += MINUTE_MS / requests;
        this.request(Math.floor(this.random.uniform() * users), answers);
      }
      if (requests === 0) this.now += MINUTE_MS;
      for (const runner of this.runners) await runner.flush();
      for (const runner of this.runners) await runner.judge();
      await this.poll();
    }
  }

  /** The state in the store. */
  async state(): Promise<RolloutState> {
    const state = await this.log().latest();
    if (state === undefined) throw new Error('no rollout');
    return state;
  }

  async close(): Promise<void> {
    for (const runner of this.runners) await runner.close();
  }
}

/** Output of a model that predicts a label. */
export function label(text: string): readonly Tensor[] {
  const data = [new TextEncoder().encode(text)];
  return [{ name: 'label', datatype: 'BYTES', shape: [1], data }];
}

/** Output of a model that predicts a number. */
export function score(value: number): readonly Tensor[] {
  return [{ name: 'score', datatype: 'FP64', shape: [1], data: Float64Array.of(value) }];
}

/** Answers with a share of failures of the server, the same users again and again. */
export function failing(share: number): Answer {
  return (user) =>
    (Math.imul(user, 2_654_435_761) >>> 0) / 2 ** 32 < share
      ? { outcome: 'failure', reason: 'BACKEND', isFault: true, outputs: undefined }
      : {};
}

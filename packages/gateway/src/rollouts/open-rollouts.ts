import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { InferenceMetrics } from '@fairlead/monitoring';
import type { ModelRegistry, ObjectStore } from '@fairlead/registry';
import { RolloutRunner, type RolloutEvent } from '@fairlead/rollout';
import type {
  FollowedVersion,
  ModelServer,
  ModelSource,
  ServeOptions,
  ServingEvent,
  VersionRouter,
} from '@fairlead/serving';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import type { MetricPublisher } from '../monitoring/metric-publisher.ts';
import type { Notices } from '../notices/open-notices.ts';
import type { OutcomeTests } from '../outcomes/outcomes-handler.ts';
import type { Settings } from '../settings/settings.ts';
import { within } from '../recording/within.ts';
import { followCandidate } from './follow-candidate.ts';
import { measureRollouts } from './measure-rollouts.ts';
import { predictedLabel } from './predicted-label.ts';
import { predictedScore } from './predicted-score.ts';

/** Name under which the candidate of a rollout is loaded; no alias of a registry has it. */
const CANDIDATE = '(rollout)';
/** Counts are stored so often between two verdicts. */
const FLUSHES = 2;
/** Changes are looked for less often than those of aliases: each is a request to the store. */
const POLL_FACTOR = 2;
/** Counts are stored within so long at the end. */
const CLOSE_MS = 2000;

/** Rollouts of the models of a gateway. */
export interface Rollouts {
  /** Chooses the version of each request, and counts how it ends. */
  readonly router: VersionRouter;
  /** Options with which each model is served. */
  readonly serveOptions: Pick<ServeOptions, 'alsoFollow'>;
  /** Adds the candidates to a source of models. */
  withCandidates(source: ModelSource): ModelSource;
  /** Receives the events of the models: a candidate that is not loaded because of its golden examples is taken out. */
  observe(event: ServingEvent): void;
  /** Counts outcomes of users for A/B tests. */
  readonly tests: OutcomeTests;
  /** Begins to follow and to judge, once the models are loaded. */
  start(): void;
  /** Stores what was counted. */
  close(): Promise<void>;
}

/** Dependencies of the rollouts. */
export interface RolloutDependencies {
  readonly registry: ModelRegistry;
  /** Store of the registry, without a cache. */
  readonly store: ObjectStore;
  readonly models: () => ModelServer;
  readonly notices: Pick<Notices, 'rollouts'>;
  readonly metrics: Pick<InferenceMetrics, 'registry'>;
  readonly publisher: MetricPublisher | undefined;
  readonly onEvent: (event: RolloutEvent) => void;
  readonly onError: (error: unknown) => void;
}

/** Opens the rollouts of the registry; undefined when the settings switch them off. */
export function openRollouts(
  { rollouts, rolloutJudgeIntervalMs: judgeIntervalMs, alias, pollIntervalMs }: RolloutSettings,
  dependencies: RolloutDependencies,
): Rollouts | undefined {
  if (rollouts === 'off') return undefined;
  const { registry, store, models, notices, onEvent, onError } = dependencies;
  const currentOf = (model: string): string | undefined => {
    try {
      return models().find({ model }).label.version;
    } catch {
      return undefined;
    }
  };
  const runner = new RolloutRunner({
    objects: store,
    writer: writerName(),
    actor: SERVICE,
    alias,
    models: () => models().models,
    isLive: (model, version, role) => models().isLive(model, version, role),
    currentOf,
    championOf: (model) => championOf(registry, model, alias),
    async promote(model, { version, baseline, reason }) {
      const expected = Number(baseline);
      await registry.setAlias(model, alias, Number(version), { actor: SERVICE, reason, expected });
    },
    labelOf: (_model, _version, outputs) => predictedLabel(outputs),
    scoreOf: (_model, _version, outputs) => predictedScore(outputs),
    checkCandidate: (model, version) => models().checkGoldenExamples(model, version),
    onEvent(event) {
      onEvent(event);
      notices.rollouts.changed(event);
    },
    ...{ onError, judgeIntervalMs, pollIntervalMs: POLL_FACTOR * pollIntervalMs },
    flushIntervalMs: Math.max(1, Math.round(judgeIntervalMs / FLUSHES)),
  });
  const measuring = measureRollouts(runner, dependencies);
  return {
    router: {
      route: (target, key) => runner.route(target, key),
      finished: (inference) => {
        runner.finished(inference);
      },
    },
    serveOptions: { alsoFollow: [CANDIDATE] },
    withCandidates: (source) => ({
      ...source,
      follow: (model, followed, options) =>
        followed === CANDIDATE
          ? followCandidate({
              prepare: () => runner.poll([model]),
              candidate: () => candidateOf(runner, model),
              current: () => currentOf(model),
              intervalMs: pollIntervalMs,
              signal: options.signal,
            })
          : source.follow(model, followed, options),
    }),
    observe: (event) => {
      if (event.type !== 'load-failed' || !isGoldenMismatch(event.error)) return;
      const reason = `the candidate was not loaded: ${event.error.message}`;
      runner.takeOut(event.model, String(event.version), reason);
    },
    tests: {
      planOf(model) {
        const state = runner.stateOf(model);
        return state?.status === 'ended' ? undefined : state?.plan.outcomes;
      },
      add: (model, outcomes) => runner.addOutcomes(model, outcomes),
    },
    start: () => {
      runner.start();
    },
    async close() {
      await within(CLOSE_MS, runner.close());
      await measuring.stop();
    },
  };
}

/** The candidate of the rollout of a model, while it is needed: that of a shadow in the background. */
function candidateOf(runner: RolloutRunner, model: string): FollowedVersion | undefined {
  const version = runner.candidateOf(model);
  const isBackground = runner.stateOf(model)?.plan.kind === 'shadow';
  return version === undefined ? undefined : { version: Number(version), isBackground };
}

type RolloutSettings = Pick<
  Settings,
  'rollouts' | 'rolloutJudgeIntervalMs' | 'alias' | 'pollIntervalMs'
>;

function isGoldenMismatch(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SERVING_GOLDEN_MISMATCH';
}

/** A name that no other process has: the host, for people, and random digits. */
function writerName(): string {
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9-]/g, '-')
    .slice(0, 40);
  return `${host}-${randomBytes(6).toString('hex')}`;
}

async function championOf(
  registry: ModelRegistry,
  model: string,
  alias: string,
): Promise<string | undefined> {
  try {
    return String((await registry.resolve(model, alias)).version);
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).endsWith('_NOT_FOUND')) {
      return undefined;
    }
    throw error;
  }
}

import {
  ErrorGroups,
  type ErrorGroup,
  type ErrorOccurrence,
  type InferenceMetrics,
} from '@fairlead/monitoring';
import type { InferenceObserver, ServingEvent } from '@fairlead/serving';
import type { Logger } from '../monitoring/logger.ts';
import type { ProcessGroup } from '../process-group/process-group.ts';
import type { DriftListener } from '../recording/open-drift.ts';
import type { Settings } from '../settings/settings.ts';
import { DriftNotices } from './drift-notices.ts';
import { RolloutNotices } from './rollout-notices.ts';
import { ERRORS_END_MS } from './errors-end.ts';
import { failureObserver, isFault } from './failure-observer.ts';
import { openForwardedNotices, openHostNotices } from './open-host-notices.ts';

/** A failed load is retried every minute or so. */
const LOADS_END_MS = 1_800_000;

/** Notices of a gateway. */
export interface Notices {
  /** Receives the events of the models. */
  readonly onEvent: (event: ServingEvent) => void;
  /** Receives the verdicts on drift. */
  readonly drift: DriftListener;
  /** Receives the changes of rollouts. */
  readonly rollouts: Pick<RolloutNotices, 'changed'>;
  /** Returns an observer that passes every event on, and reports failed requests. */
  readonly observe: (observer: InferenceObserver) => InferenceObserver;
  /** Logs errors of the gateway, and reports them. */
  readonly onError: (error: unknown) => void;
  /** Logs errors of requests, which the observer reports. */
  readonly logError: (error: unknown) => void;
  /** Errors by code, model and place, the one with the latest error first. */
  readonly errorGroups: () => readonly ErrorGroup[];
  /** Adds the metrics of the notices. */
  measure(metrics: Pick<InferenceMetrics, 'registry'>): void;
  /** Sends what waits. */
  close(): Promise<void>;
}

/**
 * Opens the notices. Errors are logged and grouped; without a destination in the settings, nothing is sent. Those of one of several
 * processes are sent by the process that started it.
 *
 * Notices have codes of errors, and no messages: those may contain values of requests.
 *
 * @throws SettingsError when a setting can't be used.
 */
export async function openNotices(
  settings: Settings,
  logger: Logger,
  processes?: Pick<ProcessGroup, 'notify'>,
): Promise<Notices> {
  const notifier =
    processes === undefined
      ? await openHostNotices(settings, logger)
      : openForwardedNotices(settings, processes);
  const logError = (error: unknown): void => {
    logger.error({ err: error }, 'failed');
  };
  const errors = new ErrorGroups();

  function count(occurrence: ErrorOccurrence, notifies = true): void {
    const group = errors.record(occurrence);
    if (group === undefined || !notifies) return;
    const { code, model, place, example } = group;
    notifier.report({
      kind: 'errors',
      model,
      name: `${place.replaceAll(' ', '-')}:${code}`,
      summary: `${model ?? 'the gateway'}: ${code} (${place})`,
      details: {
        ...{ code, place },
        ...(example.version && { version: example.version }),
        ...(example.requestId && { requestId: example.requestId }),
      },
      endsAfterMs: ERRORS_END_MS,
    });
  }
  function countError(place: string, error: unknown, event?: ModelVersion): void {
    count({ code: codeOf(error), place, ...event });
  }

  return {
    onEvent(event) {
      switch (event.type) {
        case 'load-failed':
        case 'unload-failed':
          if (event.type === 'load-failed') notifier.report(failedLoad(event));
          else countError('unload failed', event.error, modelOf(event));
          break;
        case 'swapped':
          notifier.resolve({ kind: 'load-failed', model: event.model });
          break;
        case 'circuit-opened':
          notifier.report(openCircuit(event));
          break;
        case 'circuit-closed':
        case 'unloaded':
          notifier.resolve(circuitOf(event));
          break;
        default:
          if ('error' in event)
            countError(event.type.replaceAll('-', ' '), event.error, modelOf(event));
      }
    },
    drift: new DriftNotices(notifier),
    rollouts: new RolloutNotices(notifier),
    observe: (observer) =>
      failureObserver(observer, (event) => {
        const { code = event.reason, model, version, requestId } = event;
        count({ code, place: 'inference', model, version, requestId }, isFault(event));
      }),
    onError(error) {
      logError(error);
      countError('gateway', error);
    },
    logError,
    errorGroups: () => errors.list(),
    measure: notifier.measure.bind(notifier),
    close: () => notifier.close(),
  };
}

interface ModelVersion {
  readonly model?: string;
  readonly version?: number;
}

function failedLoad({
  model,
  version,
  error,
  willRetry = true,
}: ServingEvent & { readonly type: 'load-failed' | 'unload-failed' }) {
  return {
    kind: 'load-failed',
    model,
    summary: `${model}: version ${version} could not be loaded`,
    details: { version, code: codeOf(error) ?? 'unknown', retried: willRetry ? 'yes' : 'no' },
    ...(willRetry && { endsAfterMs: LOADS_END_MS }),
  } as const;
}

function openCircuit(event: ServingEvent & { readonly type: 'circuit-opened' }) {
  const { model, version, retryAfterMs } = event;
  return {
    ...circuitOf(event),
    summary: `${model}: version ${version} fails, and gets no requests for ${retryAfterMs} ms`,
    details: { version },
  };
}

function circuitOf({ model, version }: { readonly model: string; readonly version: number }) {
  return { kind: 'errors', model, name: `circuit-open:${version}` } as const;
}

function modelOf(event: ServingEvent): ModelVersion {
  return {
    ...('model' in event && { model: event.model }),
    ...('version' in event && typeof event.version === 'number' && { version: event.version }),
  };
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

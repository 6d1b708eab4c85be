import { setTimeout } from 'node:timers/promises';
import type { Command } from '@commander-js/extra-typings';
import type { DriftVerdict, DriftWatch, VerdictChange, WatchedVersion } from '@fairlead/drift';
import type { ModelRegistry } from '@fairlead/registry';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import { formatVerdict } from '../../drift/format-verdict.ts';
import { openWindows } from '../../drift/open-windows.ts';
import { readVersionBaseline } from '../../drift/read-version-baseline.ts';
import { watchedVersions } from '../../drift/watched-versions.ts';
import {
  actorOption,
  jsonOption,
  parseTimerSpan,
  registryOption,
} from '../../options/shared-options.ts';
import { openNotices } from '../../notices/open-notices.ts';
import { oneLine } from '../../output/plain-text.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { failOnDriftOption, unitOption } from './drift-options.ts';

const INTERVAL_MS = 300_000;

/** Defines `fairlead drift watch`. */
export function defineDriftWatchCommand(command: Command, context: CommandContext): void {
  command
    .argument('[models...]', 'Models, each with the versions of its aliases, or with one: iris@1')
    .addOption(unitOption)
    .option('--once', 'Judge what has no verdict yet and exit: for a timer')
    .option('--interval <span>', 'Time between checks (default: 5m)', parseTimerSpan)
    .option('--for <span>', 'Stop after this duration, such as 1h', parseTimerSpan)
    .addOption(failOnDriftOption)
    .option(
      '--notify',
      'Send a notice when drift begins or ends, to the destinations of the settings FAIRLEAD_NOTICE_…: for a registry without gateways that judge',
    )
    .addOption(actorOption)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (models, options) => {
      const notices = options.notify === true ? await openDriftNotices(context) : undefined;
      const { registry, store } = await openRegistry(context, options);
      const audit = auditContext(context, options);
      const windows = await openWindows(context, store, { rollUp: true });
      const { DriftWatch } = await import('@fairlead/drift');
      const watch = new DriftWatch({
        ...{ windows, verdicts: store, unit: options.unit },
        baselineOf: ({ model, version }) =>
          readVersionBaseline(registry, { model, version: Number(version) }),
        recordChange: (change) => recordChange(registry, change, audit),
        onVerdict: (verdict) => {
          notices?.stored(verdict);
        },
        now: () => context.io.now().getTime(),
        onError: (error) => {
          context.output.note(`fairlead: ${messageOf(error)}`);
        },
      });
      const versions = (): Promise<readonly WatchedVersion[]> => watchedVersions(registry, models);
      const print = (verdict: DriftVerdict): void => {
        context.output.print([
          options.json ? JSON.stringify(verdict) : formatVerdict(context.output, verdict),
        ]);
      };
      const end = async (checks: Promise<readonly DriftVerdict[]>): Promise<void> => {
        // Verdicts that were stored before an error have their notices too.
        const found = await checks.finally(() => notices?.sent());
        await notices?.close();
        failOnDrift(options.failOnDrift, found);
      };
      if (options.once) {
        await end(checkOnce(watch, await versions(), print, context));
        return;
      }
      const ends = [
        context.io.stopSignal?.(),
        options.for === undefined ? undefined : AbortSignal.timeout(options.for),
      ].filter((signal) => signal !== undefined);
      const signal = AbortSignal.any(ends);
      const intervalMs = options.interval ?? INTERVAL_MS;
      await end(checkUntil(watch, { versions, print, signal, intervalMs, context }));
    });
  addExamples(command, [
    ['Every hour, from a timer', 'fairlead drift watch --once'],
    ['The same, with a notice of each change', 'fairlead drift watch --once --notify'],
    [
      'As a check that fails while a model drifts',
      'fairlead drift watch iris --once --fail-on-drift',
    ],
    ['In a terminal, until Ctrl-C', 'fairlead drift watch'],
  ]);
}

/** Opens notices of verdicts, which are sent in their order while the next ones are judged. */
async function openDriftNotices(context: CommandContext): Promise<{
  readonly stored: (verdict: DriftVerdict) => void;
  /** Resolves when the notices of the verdicts so far were sent. */
  readonly sent: () => Promise<void>;
  readonly close: () => Promise<void>;
}> {
  const notices = await openNotices(context);
  const { driftNotice } = await import('@fairlead/gateway');
  let sending = Promise.resolve();
  return {
    stored(verdict) {
      const notice = driftNotice(verdict);
      if (notice === undefined) return;
      sending = sending.then(() => notices.send(notice.condition, notice.status));
    },
    sent: () => sending,
    close: () => notices.close(),
  };
}

function recordChange(
  registry: ModelRegistry,
  { model, version, ...change }: VerdictChange,
  { actor }: { readonly actor: string },
): Promise<unknown> {
  return registry
    .model(model)
    .version(Number(version))
    .recordDrift({ ...change, actor });
}

/** Judges each version, prints the newest verdict on each, and ends with the first error after all. */
async function checkOnce(
  watch: DriftWatch,
  versions: readonly WatchedVersion[],
  print: (verdict: DriftVerdict) => void,
  { output }: CommandContext,
): Promise<readonly DriftVerdict[]> {
  const latest: DriftVerdict[] = [];
  const errors: unknown[] = [];
  for (const version of versions) {
    const about = `${version.model} version ${version.version}`;
    try {
      const found = await watch.check(version);
      const verdicts = found.created.length > 0 ? found.created : [found.latest ?? []].flat();
      for (const verdict of verdicts) print(verdict);
      if (found.latest !== undefined) latest.push(found.latest);
      else
        output.note(`fairlead: ${about} can't be judged: ${MISSING[found.missing ?? 'windows']}`);
    } catch (error) {
      errors.push(error);
      output.note(`fairlead: ${about}: ${messageOf(error)}`);
    }
  }
  if (errors.length > 0) throw errors[0];
  return latest;
}

const MISSING = {
  baseline: 'it has no baseline; push a version with --baseline',
  windows: 'there are no windows of finished hours or days',
} as const;

interface Watching {
  readonly versions: () => Promise<readonly WatchedVersion[]>;
  readonly print: (verdict: DriftVerdict) => void;
  readonly signal: AbortSignal;
  readonly intervalMs: number;
  readonly context: CommandContext;
}

/** Checks until the signal is aborted; resolves to the newest verdicts. */
async function checkUntil(
  watch: DriftWatch,
  { versions, print, signal, intervalMs, context: { output } }: Watching,
): Promise<readonly DriftVerdict[]> {
  // Rejects unknown models, instead of waiting for them.
  await versions();
  const close = (): void => void watch.close();
  signal.addEventListener('abort', close, { once: true });
  const latest = new Map<string, DriftVerdict>();
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    if (signal.aborted) return;
    try {
      await work();
    } catch (error) {
      output.note(`fairlead: ${messageOf(error)}; trying again`);
    }
  };
  const check = async (version: WatchedVersion): Promise<void> => {
    const found = await watch.check(version);
    for (const verdict of found.created) print(verdict);
    const { model, version: number } = version;
    if (found.latest !== undefined) latest.set(`${model}@${number}`, found.latest);
  };
  while (!signal.aborted) {
    await attempt(async () => {
      for (const version of await versions()) await attempt(() => check(version));
    });
    await setTimeout(intervalMs, undefined, { signal }).catch(() => undefined);
  }
  return [...latest.values()];
}

function failOnDrift(isChecked: true | undefined, verdicts: readonly DriftVerdict[]): void {
  const drifting = verdicts.filter(({ status }) => status === 'drift');
  if (isChecked === undefined || drifting.length === 0) return;
  const names = drifting.map(({ model, version }) => `${oneLine(model)} version ${version}`);
  throw new CliError('ERR_CLI_CHECK_FAILED', `drift of ${names.join(', ')}`);
}

function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}

import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import type {
  AttemptState,
  RetrainingDecision,
  RetrainingOptions,
  RetrainingPolicy,
} from '@fairlead/retraining';
import { addExamples } from '../../add-examples.ts';
import { capturesOption, openCaptures } from '../../capture/open-captures.ts';
import { CliError } from '../../cli-error.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import {
  actorOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { oneLine, shortWords } from '../../output/plain-text.ts';
import { openRetraining, type OpenedRetraining } from '../../retraining/open-retraining.ts';
import { readFacts } from '../../retraining/read-facts.ts';
import { retrainingSteps } from '../../retraining/retraining-steps.ts';

/** Options of a run. */
interface RunOptions {
  readonly captures?: string | undefined;
  readonly due?: true | undefined;
  readonly folder: string;
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
}

/** Result of a run. */
interface RunResult {
  readonly state: AttemptState | undefined;
  readonly decision: RetrainingDecision | undefined;
}

/** Defines `fairlead retrain run`. */
export function defineRetrainRunCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .option(
      '--due',
      'Retrain only if the policy says so; exit code 0 if nothing is due: for a timer',
    )
    .option(
      '--folder <folder>',
      'Local folder for inputs, logs and outputs of the trainings; the same one in each run',
      './retraining',
    )
    .addOption(capturesOption)
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const opened = await openRetraining(context, options, model);
      const result = await run(context, opened, options);
      const { state, decision } = result;
      context.output.present(
        options,
        { model, decision: decision ?? null, attempt: state ?? null },
        () => describeResult(model, result),
      );
      requireSuccess(state);
    });
  addExamples(command, [
    ['Now, by hand', 'fairlead retrain run iris -m "new features" --captures ./captured'],
    ['From a timer', 'fairlead retrain run iris --due --captures ./captured'],
  ]);
}

async function run(
  context: CommandContext,
  opened: OpenedRetraining,
  options: RunOptions,
): Promise<RunResult> {
  const { model, attempts, policies } = opened;
  const { continueRetraining, startRetraining } = await import('@fairlead/retraining');
  const { actor, reason } = auditContext(context, options);
  const signal = context.io.stopSignal?.();
  const optionsOf = (policy: RetrainingPolicy): Promise<RetrainingOptions> =>
    driveOptions(context, opened, { ...options, actor, policy, signal });
  const last = await attempts.latest();
  if (last !== undefined) {
    const isOpen = last.phase !== 'ended';
    const policy = last.request.policy;
    // Of one that has ended, only inputs that were left are removed.
    const state = await continueRetraining(await optionsOf(policy), last);
    if (isOpen && (state.phase !== 'ended' || last.phase !== 'rollout')) {
      return { state, decision: undefined };
    }
    if (isOpen && state.result !== 'promoted') return { state, decision: undefined };
  }
  const stored = await policies.latest();
  if (stored === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${model} has no policy of retraining: set one with "fairlead retrain policy ${model} --working-folder . -- python train.py"`,
    );
  }
  const { policy } = stored;
  const decision =
    options.due === true ? await decide(context, opened, options, policy) : undefined;
  if (decision?.due === false) return { state: undefined, decision };
  const { version: parent } = await opened.registry.resolve(model, policy.alias);
  const state = await startRetraining(
    { ...(await optionsOf(policy)), after: last?.number ?? 0 },
    { trigger: decision?.trigger ?? 'manual', policy, parent },
    decision?.reason ?? reason ?? 'by hand',
  );
  return { state, decision };
}

async function decide(
  context: CommandContext,
  opened: OpenedRetraining,
  options: RunOptions,
  policy: RetrainingPolicy,
): Promise<RetrainingDecision> {
  const { decideRetraining } = await import('@fairlead/retraining');
  const captures = await openCaptures(context, options);
  const { actor } = auditContext(context, options);
  const facts = await readFacts(context, { opened, captures, policy, actor });
  return decideRetraining(policy, facts, opened.now());
}

async function driveOptions(
  context: CommandContext,
  opened: OpenedRetraining,
  options: RunOptions & {
    readonly actor: string;
    readonly policy: RetrainingPolicy;
    readonly signal: AbortSignal | undefined;
  },
): Promise<RetrainingOptions> {
  const { processDriver, describeAttemptEntry } = await import('@fairlead/retraining');
  const { actor, policy, signal, folder } = options;
  const captures = () => openCaptures(context, options);
  return {
    log: opened.attempts,
    driver: processDriver(),
    steps: await retrainingSteps(context, { opened, captures, policy, actor }),
    folder: resolve(folder),
    ...{ actor, now: opened.now, signal: signal && stoppable(signal) },
    onEntry: (entry, { model, number }) => {
      if (entry.type === 'driven') return;
      context.output.note(
        shortWords(oneLine(`${model}-${number}: ${describeAttemptEntry(entry)} (${entry.reason})`)),
      );
    },
  };
}

/** Ctrl-C as an error of the command. */
function stoppable(signal: AbortSignal): AbortSignal {
  const stop = new AbortController();
  const abort = (): void => {
    stop.abort(
      new CliError('ERR_CLI_STOPPED', 'stopped; "fairlead retrain run" continues the attempt'),
    );
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return stop.signal;
}

function describeResult(model: string, { state, decision }: RunResult): readonly string[] {
  if (state === undefined)
    return [`${model} is not retrained: ${oneLine(decision?.reason ?? '')}.`];
  const { number, phase, result, version, rollout } = state;
  const name = `${model}-${number}`;
  if (phase === 'rollout') {
    return [
      `Attempt ${name}: the rollout ${model}-${rollout ?? ''} of version ${version ?? ''} runs.`,
      `Watch it: fairlead rollout status ${model} --watch`,
    ];
  }
  return [`Attempt ${name}: ${result ?? phase}. ${oneLine(state.entries.at(-1)?.reason ?? '')}.`];
}

/** @throws CliError `ERR_CLI_CHECK_FAILED` for an attempt that ended without success */
function requireSuccess(state: AttemptState | undefined): void {
  if (state?.result === undefined || state.result === 'promoted' || state.result === 'pushed')
    return;
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `attempt ${state.model}-${state.number} has ended: ${state.result}`,
  );
}

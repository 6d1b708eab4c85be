import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from '@commander-js/extra-typings';
import type { RetrainingPolicy, RetrainingPolicyInput } from '@fairlead/retraining';
import { addExamples } from '../../add-examples.ts';
import { checkLength } from '../../check-length.ts';
import { CliError } from '../../cli-error.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import {
  actorOption,
  collect,
  dryRunOption,
  jsonOption,
  parseCount,
  parseSpan,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { readJson } from '../../read-file.ts';
import { planRollout } from '../../retraining/candidate-rollout.ts';
import { formatPolicy } from '../../retraining/format-retraining.ts';
import { openRetraining } from '../../retraining/open-retraining.ts';
import {
  mergePolicy,
  namesFields,
  parseList,
  parseMetric,
} from '../../retraining/policy-options.ts';

/** Longest path of Linux. */
const MAX_PATH_LENGTH = 4096;

/** Defines `fairlead retrain policy`. */
export function defineRetrainPolicyCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument(
      '[command...]',
      'Training program and its arguments, after --; no shell interprets them',
    )
    .option('--set <file>', 'JSON file with the policy; options replace its fields')
    .option('--alias <alias>', 'Alias whose version is retrained (default: champion)')
    .option('--every <span>', 'Retrain so long after the last attempt', parseSpan)
    .option('--on-drift [unit]', 'Retrain on drift in an hour (default), or in a day', parseUnit)
    .option('--on-labels <count>', 'Retrain on so many new rows with a label', parseCount)
    .option(
      '--below <metric=limit>',
      'Retrain below this measured performance: accuracy=0.9',
      parseMetric,
    )
    .option('--above <metric=limit>', 'Retrain above this measured error: rmse=12', parseMetric)
    .option('--cooldown <span>', 'Shortest time between attempts (default: 24h)', parseSpan)
    .option('--per-month <count>', 'Attempts in a calendar month (default: 10)', parseCount)
    .option('--days <count>', 'Train on rows of so many days (default: 30)', parseCount)
    .option(
      '--min-rows <count>',
      'Rows with a label that a dataset needs (default: 100)',
      parseCount,
    )
    .option('--format <formats>', 'Formats of the rows: parquet (default), csv, or both', parseList)
    .option(
      '--working-folder <folder>',
      'Folder in which the program runs, and where its relative paths begin (default: a separate, empty one)',
    )
    .option('--time-limit <span>', 'Longest training (default: 60m)', parseSpan)
    .option('--keep-env <name>', 'Environment variable that the program gets; repeatable', collect)
    .option('--no-rollout', 'Push candidates, and start no rollout')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, words, options) => {
      const opened = await openRetraining(context, options, model);
      const before = await opened.policies.latest();
      const given = {
        ...options,
        ...(options.workingFolder !== undefined && {
          workingFolder: folderOf(options.workingFolder),
        }),
      };
      const { set, registry, actor: name, reason: why, dryRun, json, ...fields } = given;
      if (set === undefined && !namesFields(fields, words)) {
        if (before === undefined) {
          throw new CliError(
            'ERR_CLI_USAGE',
            `${model} has no policy of retraining: set one with "fairlead retrain policy ${model} --working-folder . -- python train.py"`,
          );
        }
        context.output.present(options, before, () => formatPolicy(before));
        return;
      }
      const file = set === undefined ? undefined : await readJson(set, 'the policy', checkFields);
      const { readPolicy } = await import('@fairlead/retraining');
      const policy = readPolicy(mergePolicy(file ?? before?.policy ?? {}, fields, words));
      await checkPlan(policy);
      const { actor, reason = 'set by hand' } = auditContext(context, options);
      const stored = await opened.policies.set(policy, { actor, reason });
      context.output.present(options, stored, () => [
        ...(options.dryRun === true ? ['Dry run: nothing was changed.'] : []),
        ...formatPolicy(stored),
      ]);
    });
  addExamples(command, [
    [
      'On drift or 5000 new labels, at most once a day',
      'fairlead retrain policy iris --on-drift --on-labels 5000 --cooldown 24h --working-folder . -- python train.py',
    ],
    [
      'Every week, and whenever fewer than 90 % are right',
      'fairlead retrain policy iris --every 7d --below accuracy=0.9 --working-folder . -- python train.py',
    ],
    ['From a file', 'fairlead retrain policy iris --set policy.json'],
    ['Show it', 'fairlead retrain policy iris'],
  ]);
}

/** Rejects a rollout that could not be started, before a candidate needs it. */
async function checkPlan(policy: RetrainingPolicy): Promise<void> {
  if (policy.rollout !== false) await planRollout(policy, { baseline: 1, candidate: 2 });
}

/** Values are checked with the whole policy. */
function checkFields(value: unknown): Partial<RetrainingPolicyInput> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    // The output of `--json` has the policy in a field.
    const { policy } = value as { readonly policy?: unknown };
    return policy === undefined ? value : checkFields(policy);
  }
  throw new Error(
    'it must be a JSON object, such as {"training": {"command": ["python", "train.py"]}}',
  );
}

/** @throws CliError `ERR_CLI_USAGE` for a text that is no path */
function folderOf(text: string): string {
  checkLength('--working-folder', text, MAX_PATH_LENGTH);
  return resolve(text);
}

function parseUnit(text: string): 'hour' | 'day' {
  if (text === 'hour' || text === 'day') return text;
  throw new InvalidArgumentError('Expected hour or day; write other words after --.');
}

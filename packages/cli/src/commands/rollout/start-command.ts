import { InvalidArgumentError, Option, type Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { auditContext, type CommandContext } from '../../command-context.ts';
import {
  actorOption,
  aliasOption,
  dryRunOption,
  jsonOption,
  parseCount,
  parseSpan,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { readJson } from '../../read-file.ts';
import { findFewUsers } from '../../rollout/describe-needs.ts';
import { describePlan } from '../../rollout/describe-plan.ts';
import { mergePlan, type PlanFields } from '../../rollout/merge-plan.ts';
import { openRolloutLog } from '../../rollout/open-rollout-log.ts';
import { collectMetric } from '../../rollout/parse-metric.ts';
import { refuseBreaking } from '../../rollout/refuse-breaking.ts';

/** Defines `fairlead rollout start`. */
export function defineRolloutStartCommand(command: Command, context: CommandContext): void {
  addPlanOptions(command).action(async (model, version, options) => {
    const { registry, log } = await openRolloutLog(context, options, model);
    const { version: candidate } = await registry.resolve(model, version);
    const { version: baseline } = await registry.resolve(model, options.alias);
    if (options.allowBreaking !== true) {
      await refuseBreaking(registry, model, baseline, candidate);
    }
    const { readPlan, requiredUnits } = await import('@fairlead/rollout');
    const given =
      options.plan === undefined ? {} : await readJson(options.plan, 'the plan', checkFields);
    const plan = readPlan({
      ...mergePlan(given, options),
      alias: options.alias,
      ...{ baseline: String(baseline), candidate: String(candidate) },
    });
    const needs = requiredUnits(plan);
    for (const warning of findFewUsers(plan, needs)) context.output.note(`fairlead: ${warning}`);
    const gates = await registry.checkGates(model, options.alias, candidate);
    for (const { gate, found } of gates.filter(({ passed }) => !passed)) {
      context.output.note(
        `fairlead: version ${candidate} fails the gate ${gate} of "${options.alias}" (${found}): it would not be promoted`,
      );
    }
    const { actor, reason = 'started by hand' } = auditContext(context, options);
    const state = options.dryRun === true ? undefined : await log.start(plan, { actor, reason });
    context.output.present(options, { model, number: state?.number ?? null, plan }, () => [
      state === undefined
        ? `Would start a rollout of version ${candidate} of ${model} against version ${baseline}:`
        : `Started rollout ${model}-${state.number}: version ${candidate} against version ${baseline}.`,
      ...describePlan(plan, needs),
      ...(state === undefined ? [] : ['', `Watch it: fairlead rollout status ${model} --watch`]),
    ]);
  });
  addExamples(command, [
    ['1, 10 and 50 % of the users, then everybody', 'fairlead rollout start digits 6'],
    [
      'Quicker, and also by slow requests',
      'fairlead rollout start digits 6 --steps 10,50 --step-time 5m --slow-over 250',
    ],
    [
      'As a shadow first: clients notice nothing',
      'fairlead rollout start digits 6 --kind shadow --steps 20 --changed-labels 2',
    ],
    [
      'As an A/B test: the version with more conversions stays, if the waiting time is no longer than before',
      'fairlead rollout start digits 6 --kind experiment --metric conversion,smallest=2 --metric wait,type=mean,better=lower,role=guardrail --users 20000',
    ],
    ['Show the plan, and start nothing', 'fairlead rollout start digits 6 --dry-run'],
  ]);
}

/** Adds the arguments of the command, and its options, most of which are fields of the plan. */
function addPlanOptions(command: Command) {
  return command
    .argument('<model>', 'Model name')
    .argument('<version>', 'Candidate: a version number or alias')
    .addOption(aliasOption)
    .addOption(
      new Option(
        '--kind <kind>',
        'canary: the candidate answers a share; shadow: it computes copies, and clients get nothing of it; experiment: an A/B test, which outcomes of users decide',
      ).choices(['canary', 'shadow', 'experiment'] as const),
    )
    .option(
      '--steps <percents>',
      'Shares of the steps in percent (default: 1,10,50; of an A/B test 50)',
      parseSteps,
    )
    .option(
      '--step-time <span>',
      'Shortest time of each step (default: 10m; of the last one of an A/B test 1d)',
      parseSpan,
    )
    .option(
      '--step-requests <count>',
      'Requests that the candidate must answer in each step (default: 100)',
      parseCount,
    )
    .addOption(
      new Option(
        '--split-by <unit>',
        'user: by the routing key, so that a user stays with a version (default); request: each one separately',
      ).choices(['user', 'request'] as const),
    )
    .option(
      '--tolerated <percent>',
      'Failures that are good enough, regardless of the baseline (default: 0.5)',
      parsePercent,
    )
    .option(
      '--margin <percent>',
      'Failures may be up to so many percent more than those of the baseline (default: 50)',
      parsePercent,
    )
    .option('--slow-over <ms>', 'Guard requests that take longer, in milliseconds', parseCount)
    .option('--guard-labels', 'Guard the shares of the predicted labels')
    .addOption(
      new Option(
        '--guard-scores [limits]',
        'Guard the distribution of a numeric output: limits between its intervals (default: 0.1,0.2,…,0.9)',
      )
        .argParser(parseNumbers)
        .conflicts('guardLabels'),
    )
    .option(
      '--changed-labels <percent>',
      'Of a shadow: highest share of requests with another label (default: none)',
      parsePercent,
    )
    .option(
      '--metric <metric>',
      'Of an A/B test: outcome that decides, such as conversion or wait,type=mean,better=lower,smallest=2 (fields: type=conversion|total|mean, better=higher|lower, smallest in percent, role=primary|guardrail|reported, min-users); repeatable, the first one decides',
      collectMetric,
    )
    .option('--users <count>', 'Of an A/B test: users that are expected until the end', parseCount)
    .option(
      '--max-time <span>',
      'End what is still undecided then, so that the version before stays (default: 7d, of an A/B test 28d)',
      parseSpan,
    )
    .option(
      '--allow-breaking',
      'Start although the signature of the candidate breaks clients of the version in production',
    )
    .option('--plan <file>', 'JSON file with the plan; options replace its fields')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption);
}

/** Values are checked with the whole plan. */
function checkFields(value: unknown): PlanFields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    // The output of `--dry-run --json` has the plan in a field.
    const { plan } = value as { readonly plan?: unknown };
    return plan === undefined ? value : checkFields(plan);
  }
  throw new Error('it must be a JSON object, such as {"steps": [{"share": 0.1}]}');
}

/** Reads ascending numbers such as `0.1,0.5`; the plan checks their order. */
function parseNumbers(text: string): readonly number[] {
  const numbers = text.split(',').map(Number);
  if (text.trim() !== '' && numbers.every(Number.isFinite)) return numbers;
  throw new InvalidArgumentError('Expected numbers such as 0.1,0.5,0.9.');
}

function parseSteps(text: string): readonly number[] {
  return text.split(',').map(parsePercent);
}

/** Reads a percentage such as `10` or `0.5`, as a share. */
function parsePercent(text: string): number {
  if (/^\d{1,4}(?:\.\d{1,6})?$/.test(text.trim())) return Number(text) / 100;
  throw new InvalidArgumentError('Expected percents such as 10 or 0.5.');
}

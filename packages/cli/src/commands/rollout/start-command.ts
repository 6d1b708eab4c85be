import { InvalidArgumentError, Option, type Command } from '@commander-js/extra-typings';
import type { RolloutPlan, RolloutPlanInput } from '@fairlead/rollout';
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
import { openRolloutLog } from '../../rollout/open-rollout-log.ts';

const MINUTE_MS = 60_000;

/** Defines `fairlead rollout start`. */
export function defineRolloutStartCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<version>', 'Candidate: a version number or alias')
    .addOption(aliasOption)
    .addOption(
      new Option(
        '--kind <kind>',
        'canary: the candidate answers a share; shadow: it computes copies, and clients get nothing of it',
      ).choices(['canary', 'shadow'] as const),
    )
    .option('--steps <percents>', 'Shares of the steps in percent (default: 1,10,50)', parseSteps)
    .option('--step-time <span>', 'Shortest time of each step (default: 10m)', parseSpan)
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
    .option(
      '--changed-labels <percent>',
      'Of a shadow: highest share of requests with another label (default: none)',
      parsePercent,
    )
    .option('--max-time <span>', 'Roll back what is still undecided then (default: 7d)', parseSpan)
    .option('--plan <file>', 'JSON file with the plan; options replace its fields')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, version, options) => {
      const { registry, log } = await openRolloutLog(context, options, model);
      const { version: candidate } = await registry.resolve(model, version);
      const { version: baseline } = await registry.resolve(model, options.alias);
      const { readPlan } = await import('@fairlead/rollout');
      const given =
        options.plan === undefined ? {} : await readJson(options.plan, 'the plan', checkFields);
      const plan = readPlan({
        ...merge(given, options),
        alias: options.alias,
        ...{ baseline: String(baseline), candidate: String(candidate) },
      });
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
        ...describePlan(plan),
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
    ['Show the plan, and start nothing', 'fairlead rollout start digits 6 --dry-run'],
  ]);
}

interface GivenOptions {
  readonly kind?: 'canary' | 'shadow' | undefined;
  readonly steps?: readonly number[] | undefined;
  readonly stepTime?: number | undefined;
  readonly stepRequests?: number | undefined;
  readonly splitBy?: 'user' | 'request' | undefined;
  readonly tolerated?: number | undefined;
  readonly margin?: number | undefined;
  readonly slowOver?: number | undefined;
  readonly guardLabels?: true | undefined;
  readonly changedLabels?: number | undefined;
  readonly maxTime?: number | undefined;
}

type PlanFields = Partial<RolloutPlanInput>;

/** Fields of the plan: those of the file, replaced by options. */
function merge(file: PlanFields, options: GivenOptions): PlanFields {
  const { kind, steps, stepTime, stepRequests, splitBy, maxTime } = options;
  const shares = steps?.map((share) => ({ share })) ?? file.steps;
  const timed = {
    ...(stepTime !== undefined && { minMinutes: stepTime / MINUTE_MS }),
    ...(stepRequests !== undefined && { minRequests: stepRequests }),
  };
  const chosen =
    shares ?? (Object.keys(timed).length > 0 ? defaultSteps(kind ?? file.kind) : undefined);
  return {
    ...file,
    ...(kind !== undefined && { kind }),
    ...(chosen !== undefined && { steps: chosen.map((step) => ({ ...step, ...timed })) }),
    ...(splitBy !== undefined && { unit: splitBy === 'user' ? 'key' : 'request' }),
    ...(maxTime !== undefined && { maxHours: maxTime / (60 * MINUTE_MS) }),
    guardrails: mergeGuardrails(file.guardrails ?? {}, options),
  };
}

function defaultSteps(kind: PlanFields['kind'] = 'canary'): readonly { readonly share: number }[] {
  const shares = { canary: [0.01, 0.1, 0.5], shadow: [0.1], experiment: [0.5] };
  return shares[kind].map((share) => ({ share }));
}

function mergeGuardrails(
  file: NonNullable<PlanFields['guardrails']>,
  { tolerated, margin, slowOver, guardLabels, changedLabels }: GivenOptions,
): NonNullable<PlanFields['guardrails']> {
  return {
    ...file,
    failures: {
      ...file.failures,
      ...(tolerated !== undefined && { tolerated }),
      ...(margin !== undefined && { margin }),
    },
    ...(slowOver !== undefined && { slow: { ...file.slow, overMs: slowOver } }),
    ...(guardLabels === true && { labels: { ...file.labels } }),
    ...(changedLabels !== undefined && { changedLabels: { max: changedLabels } }),
  };
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

function describePlan({ kind, steps, unit, guardrails, maxHours }: RolloutPlan): readonly string[] {
  const percent = (share: number): string => `${Number((share * 100).toPrecision(4))} %`;
  const { failures, slow, labels, changedLabels } = guardrails;
  const guards = [
    `failures up to ${Number((1 + failures.margin).toPrecision(4))} times those of the baseline` +
      (failures.tolerated > 0 ? `, or below ${percent(failures.tolerated)}` : ''),
    ...(slow === undefined ? [] : [`requests over ${slow.overMs} ms`]),
    ...(labels === undefined ? [] : ['shares of the labels']),
    ...(changedLabels === undefined ? [] : [`changed labels up to ${percent(changedLabels.max)}`]),
  ];
  return [
    `  ${kind}, split by ${unit === 'key' ? 'user' : 'request'}`,
    ...steps.map(
      ({ share, minMinutes, minRequests }, index) =>
        `  step ${index + 1}: ${percent(share)} for at least ${Number(minMinutes.toPrecision(4))} minutes and ${minRequests} requests`,
    ),
    `  guarded: ${guards.join('; ')}`,
    `  rolled back if undecided after ${Number(maxHours.toPrecision(4))} hours`,
  ];
}

function parseSteps(text: string): readonly number[] {
  return text.split(',').map(parsePercent);
}

/** Reads a percentage such as `10` or `0.5`, as a share. */
function parsePercent(text: string): number {
  if (/^\d{1,4}(?:\.\d{1,6})?$/.test(text.trim())) return Number(text) / 100;
  throw new InvalidArgumentError('Expected percents such as 10 or 0.5.');
}

import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../add-examples.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { readConfig } from '../config/read-config.ts';
import { findRelease } from '../deploy/find-release.ts';
import { openReleases } from '../deploy/open-releases.ts';
import { trustedKeysOf } from '../deploy/trusted-keys.ts';
import { requireAllHosts } from '../hosts/on-hosts.ts';
import { noteSuspension } from '../hosts/note-suspended.ts';
import { readHosts } from '../hosts/read-hosts.ts';
import {
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  releaseOption,
} from '../options/deploy-options.ts';
import { jsonOption } from '../options/shared-options.ts';
import { formatPlan } from '../plan/format-plan.ts';
import { planHosts } from '../plan/plan-hosts.ts';
import { readNewHosts } from '../plan/plan-new-hosts.ts';
import { planStackOf } from '../plan/plan-stack-of.ts';
import { summarizePlan } from '../plan/summarize-plan.ts';

/** Defines `fairlead plan`. */
export function definePlanEnvironmentCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(releaseOption)
    .option(
      '--deployed-template <file>',
      'Compare the stack with this template, without an account, in place of CloudFormation',
    )
    .option('--without-stack', 'Leave out the stack, and the release of new hosts')
    .option(
      '--detailed-exitcode',
      'Exit code 2 if there are changes or hand edits; a wrong command line is 1 then',
    )
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readHosts(context, await readConfig(options.config, environment));
      noteSuspension(context, chosen.hostGroup);
      const stack = options.withoutStack
        ? undefined
        : await planStackOf(chosen, options.deployedTemplate);
      const store = await openReleases(chosen);
      await using release = await findRelease(context, { chosen, store, given: options.release });
      const trustedKeys = await trustedKeysOf(chosen);
      const hosts = await planHosts(context, chosen, { release: release.path, trustedKeys });
      // The template of this machine is for a comparison without an account.
      const isWithoutAccount =
        options.withoutStack === true || options.deployedTemplate !== undefined;
      const newHosts = isWithoutAccount ? undefined : await readNewHosts(chosen);
      const plan = { environment: chosen.name, ...hosts, stack, newHosts };
      const summary = summarizePlan(plan);
      const { results, ...rest } = plan;
      context.output.present(options, { ...rest, ...summary }, () => formatPlan(plan, summary));
      requireAllHosts(results);
      if (options.detailedExitcode !== true) return;
      if (summary.differs) {
        throw new CliError('ERR_CLI_PLAN_DIFFERS', 'there are changes or hand edits');
      }
      // Without an account, hand edits of the stack aren't part of the plan.
      if (!summary.handEditsUnknown || isWithoutAccount) return;
      throw new CliError(
        'ERR_CLI_PLAN_DIFFERS',
        'there may be hand edits of the stack: allow what drift detection reads, or leave the stack out with --without-stack',
      );
    });
  addExamples(command, [
    ['what a deployment would change', 'fairlead plan production'],
    [
      'what promoting a release would change, in CI: exit code 2 if anything',
      'fairlead plan production --release 4f9a1c20be77 --detailed-exitcode --json',
    ],
    [
      'the stack against the template of the last deployment, without an account',
      'fairlead plan production --deployed-template deployed/Shop.template.json',
    ],
  ]);
}

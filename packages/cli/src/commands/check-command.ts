import type { Command } from '@commander-js/extra-typings';
import type { ServiceCheck } from '@fairlead/deploy';
import { addExamples } from '../add-examples.ts';
import { CliError } from '../cli-error.ts';
import { auditContext, type CommandContext } from '../command-context.ts';
import { type ChosenEnvironment, readConfig } from '../config/read-config.ts';
import { audited } from '../deploy/audited.ts';
import { shortDigest } from '../deploy/format-release.ts';
import { openReleases } from '../deploy/open-releases.ts';
import { hostValues, onHosts, requireAllHosts } from '../hosts/on-hosts.ts';
import { readHosts, type ReachableEnvironment } from '../hosts/read-hosts.ts';
import { hostLabel } from '../hosts/select-hosts.ts';
import {
  auditActorOption,
  auditReasonOption,
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
} from '../options/deploy-options.ts';
import { jsonOption, parseCount, parseTimerSpan } from '../options/shared-options.ts';
import { oneLine } from '../output/plain-text.ts';
import { table } from '../output/table.ts';

/** Requests of each check for every host, unless the command line has a number. */
const REQUESTS_PER_HOST = 3;

/** Defines `fairlead check`. */
export function defineCheckCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .option('--requests <n>', 'Requests of each check (default: 3 for every host)', parseCount)
    .option('--timeout <span>', 'Time for an answer (default: 10s)', parseTimerSpan)
    .addOption(auditActorOption)
    .addOption(auditReasonOption)
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const config = await readConfig(options.config, environment);
      const { url, checks } = requireChecks(config);
      const chosen = await readHosts(context, config);
      const { json } = options;
      const release = await runningRelease(context, chosen);
      const store = await openReleases(chosen);
      const { checkService } = await import('@fairlead/deploy');
      const { hosts } = chosen;
      const passed = (results: readonly ServiceCheck[]): boolean =>
        results.every(({ failed }) => failed === 0);
      const results = await audited(
        context,
        {
          ...{ chosen, store, command: 'check', release, by: options },
          resultOf: (each: readonly ServiceCheck[]) => ({
            outcome: passed(each) ? 'passed' : 'failed',
          }),
        },
        () =>
          checkService({
            ...{ url, checks, apiKey: context.environment.apiKey },
            rounds: options.requests ?? hosts.length * REQUESTS_PER_HOST,
            ...(options.timeout !== undefined && { timeoutMs: options.timeout }),
          }),
      );
      await store.results.add({
        ...{ environment: chosen.name, release, actor: auditContext(context, options).actor },
        outcome: passed(results) ? 'passed' : 'failed',
        hosts: hosts.map((host) => hostLabel(host.url)),
      });
      const value = { environment: chosen.name, url, release, passed: passed(results) };
      context.output.present({ json }, { ...value, checks: results }, () => format(results));
      requirePassed(results, { chosen, release });
      if (!json) {
        context.output.print([`Release ${shortDigest(release)} passed in ${chosen.name}.`]);
      }
    });
  addExamples(command, [
    ['golden predictions through the load balancer', 'fairlead check staging'],
    ['100 requests of each check, for a script', 'fairlead check staging --requests 100 --json'],
  ]);
}

function requireChecks({ name, environment }: ChosenEnvironment) {
  const { url, release } = environment;
  const [first, ...rest] = release.checks ?? [];
  const missing = url === undefined ? 'url' : 'release.checks';
  if (url !== undefined && first !== undefined) return { url, checks: [first, ...rest] as const };
  const example =
    url === undefined
      ? '"https://models.example.com"'
      : '[{ path, body, expected }], golden examples';
  throw new CliError(
    'ERR_CLI_USAGE',
    `the environment "${name}" has no ${missing}, which fairlead check needs: set ${missing}: ${example}`,
  );
}

/** Returns the release that every host runs. */
async function runningRelease(
  context: CommandContext,
  chosen: ReachableEnvironment,
): Promise<string> {
  const { readHostStatus } = await import('@fairlead/deploy');
  const results = await onHosts(context, { chosen }, async (carrier) => {
    const { current, pending } = await readHostStatus(carrier);
    return { current, pending };
  });
  requireAllHosts(results);
  const [first, ...others] = hostValues(results) as readonly {
    readonly host: string;
    readonly current?: string | undefined;
    readonly pending?: string | undefined;
  }[];
  const release = first?.current;
  const isSettled = [first, ...others].every(
    (host) => host?.current === release && host?.pending === undefined,
  );
  if (release !== undefined && isSettled) return release;
  const shown = [first, ...others].map(
    (host) =>
      `${hostLabel(host?.host ?? '')} ${host?.current === undefined ? 'none' : shortDigest(host.current)}`,
  );
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `the hosts of ${chosen.name} don't run one release (${shown.join(', ')}): fairlead deploy ${chosen.name}`,
  );
}

function format(results: readonly ServiceCheck[]): readonly string[] {
  const right = (title: string) => ({ title, align: 'right' }) as const;
  return table(
    ['check', right('requests'), right('failed'), right('slowest')],
    results.map(({ path, requests, failed, slowestMs }) => [
      ...[oneLine(path), String(requests), String(failed), `${slowestMs} ms`],
    ]),
  );
}

function requirePassed(
  results: readonly ServiceCheck[],
  { chosen, release }: { readonly chosen: ChosenEnvironment; readonly release: string },
): void {
  const problems = results.flatMap(({ path, problem, failed, requests }) =>
    problem === undefined ? [] : [`\n- ${path}: ${failed} of ${requests}: ${oneLine(problem)}`],
  );
  if (problems.length === 0) return;
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `the release ${shortDigest(release)} failed in ${chosen.name}:${problems.join('')}`,
  );
}

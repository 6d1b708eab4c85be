import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { count } from '../../output/format-values.ts';
import { oneLine } from '../../output/plain-text.ts';
import type { Finding } from './finding.ts';

/** Defines `fairlead doctor`. */
export function defineDoctorCommand(command: Command, context: CommandContext): void {
  command
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const findings = await examine(context, options.registry);
      context.output.present(options, { findings }, () => format(context, findings));
      const problems = findings.filter(({ state }) => state === 'problem');
      if (problems.length === 0) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `${count(problems.length, 'problem')} found: ${problems.map(({ check }) => check).join(', ')}; run the command beside each`,
      );
    });
  addExamples(command, [
    ['check this machine and the registry of the environment', 'fairlead doctor'],
    ['in a script', 'fairlead doctor --registry s3://models/prod --json'],
  ]);
}

async function examine(
  context: CommandContext,
  registry: string | undefined,
): Promise<readonly Finding[]> {
  const programs = await import('./check-programs.ts');
  const { checkClock, checkPort } = await import('./check-machine.ts');
  const { checkRegistry } = await import('./check-registry.ts');
  const { checkKeys } = await import('./check-keys.ts');
  const findings = await Promise.all([
    programs.checkOnnxRuntime(),
    programs.checkNginx(context.io.env.PATH),
    checkRegistry(context, registry),
    checkKeys(context),
    checkPort(8080, 'HTTP'),
    checkPort(8081, 'gRPC'),
    checkClock(context.io.now()),
  ]);
  return [programs.checkNode(), ...findings];
}

const tones = { ok: 'good', warning: 'strong', problem: 'bad' } as const;

function format({ output }: CommandContext, findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ check, state, found, fix }) => [
    `${output.paint(tones[state], state.padEnd(7))}  ${check}: ${oneLine(found)}`,
    ...(fix === undefined || state === 'ok' ? [] : [`         ${fix}`]),
  ]);
}

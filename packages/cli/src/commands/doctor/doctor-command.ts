import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { count } from '../../output/format-values.ts';
import { oneLine, shortWords } from '../../output/plain-text.ts';
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
  const { checkProcesses } = await import('./check-processes.ts');
  const { boundedCheck } = await import('./bounded-check.ts');
  const path = context.io.env.PATH;
  const freePort = 'fairlead serve --port 0';
  const freeGrpc = 'export FAIRLEAD_GRPC_LISTEN=127.0.0.1:8082';
  const checks: Readonly<Record<string, () => Promise<Finding>>> = {
    'Node.js': () => Promise.resolve(programs.checkNode()),
    'onnxruntime-node': () => programs.checkOnnxRuntime(),
    Nginx: () => programs.checkNginx(path),
    processes: () => checkProcesses(context.io.env),
    registry: () => checkRegistry(context, registry),
    'keys and pepper': () => checkKeys(context),
    'port 8080': () => checkPort(8080, 'HTTP', freePort),
    'port 8081': () => checkPort(8081, 'gRPC', freeGrpc),
    clock: () => checkClock(context.io.now(), path),
  };
  return Promise.all(Object.entries(checks).map(([name, work]) => boundedCheck(name, work)));
}

const tones = { ok: 'good', warning: 'strong', problem: 'bad' } as const;

function format({ output }: CommandContext, findings: readonly Finding[]): readonly string[] {
  return findings.flatMap((finding) => [
    `${output.paint(tones[finding.state], finding.state.padEnd(7))}  ${finding.check}: ${oneLine(finding.found)}`,
    ...(finding.state === 'ok' ? [] : [`         ${shortWords(oneLine(finding.fix))}`]),
  ]);
}

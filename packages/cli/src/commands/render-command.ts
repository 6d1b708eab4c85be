import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../add-examples.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { dryRunOption, jsonOption } from '../options/shared-options.ts';
import { count } from '../output/format-values.ts';
import { table } from '../output/table.ts';
import { placeFiles, writeFiles } from '../render/place-files.ts';
import { readDeployment } from '../render/read-deployment.ts';

/** Defines `fairlead render`. */
export function defineRenderCommand(command: Command, context: CommandContext): void {
  command
    .argument('<deployment>', 'Module (.ts, .js) that exports a deployment, or a .json file')
    .requiredOption(
      '--out <folder>',
      'Root folder: /etc/nginx/nginx.conf is written to <folder>/etc/nginx/nginx.conf',
    )
    .option('--export <name>', 'Name of the export', 'deployment')
    .option('--check', 'Write nothing; fail if a file differs')
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (path, options) => {
      const deployment = await readDeployment(path, options.export);
      const { renderDeployment } = await import('@fairlead/deploy-config');
      const placed = await placeFiles(options.out, renderDeployment(deployment));
      const differing = placed.filter(({ state }) => state !== 'unchanged');
      const { processes, processesReason: reason } = deployment.gateway;
      const dryRun = options.dryRun === true;
      const writes = !dryRun && !options.check;
      if (writes) await writeFiles(differing);
      const files = placed.map(({ path: file, state, rendered: { mode, owner, role } }) => ({
        ...{ path: file, state, role },
        mode: mode.toString(8),
        ...(owner !== undefined && { owner }),
      }));
      context.output.present(
        options,
        {
          ...{ dryRun, written: writes ? differing.length : 0, files },
          processes: { number: processes, ...(reason !== undefined && { reason }) },
        },
        () => [
          ...table(
            ['state', 'mode', 'owner', 'file'],
            files.map(({ state, mode, owner = '' }, index) => [
              writes && state !== 'unchanged' ? 'written' : state,
              ...[mode, owner, join(options.out, placed[index]?.rendered.path ?? '')],
            ]),
          ),
          ...(reason === undefined ? [] : [`gateway.processes is ${processes}: ${reason}.`]),
          ...(dryRun
            ? [
                `Dry run: nothing was changed. Without --dry-run: ${count(differing.length, 'file')} written.`,
              ]
            : []),
        ],
      );
      if (!options.check || differing.length === 0) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `${count(differing.length, 'file')} below ${options.out} ${differing.length === 1 ? 'is' : 'are'} different from ${path}: ` +
          'render again, and edit the deployment instead of the files',
      );
    });
  addExamples(command, [
    ['Into a folder, to inspect', 'fairlead render deployment.ts --out rendered'],
    [
      'In CI: fail if the committed files are out of date',
      'fairlead render deployment.ts --out rendered --check',
    ],
    ['On the host', 'sudo fairlead render deployment.json --out /'],
  ]);
}

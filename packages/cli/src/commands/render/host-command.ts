import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption } from '../../options/shared-options.ts';
import { finishRender } from '../../render/finish-render.ts';
import { placeFiles } from '../../render/place-files.ts';
import { readDeployment } from '../../render/read-deployment.ts';

/** Defines `fairlead render host`, the default of `fairlead render`. */
export function defineRenderHostCommand(command: Command, context: CommandContext): void {
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
      const { processes, processesReason: reason } = deployment.gateway;
      await finishRender(context, options, {
        ...{ placed, out: options.out, source: path },
        value: { processes: { number: processes, ...(reason !== undefined && { reason }) } },
        lines: reason === undefined ? [] : [`gateway.processes is ${processes}: ${reason}.`],
      });
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

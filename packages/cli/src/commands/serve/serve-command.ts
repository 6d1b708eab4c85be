import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { aliasOption, jsonOption, registryOption } from '../../options/shared-options.ts';

/** Defines `fairlead serve`. */
export function defineServeCommand(command: Command, context: CommandContext): void {
  command
    .argument('[source]', 'Model to serve without a registry: an ONNX file, or a folder with one')
    .addOption(registryOption)
    .option('--model <name>', 'Only model to serve; with a source, its name')
    .addOption(aliasOption)
    .option(
      '--port <port>',
      'Port on 127.0.0.1; 0 is any free one (default: 8080, or a free one when that is in use)',
      parsePort,
    )
    .option(
      '--processes <number>',
      'Processes that answer requests, each with all models in its memory; auto: one for each core, as far as their memory fits (default: 1)',
      parseProcesses,
    )
    .option('--open', 'Open the page that sends requests in a browser')
    .addOption(jsonOption)
    .action(async (source, options) => {
      const { serve } = await import('./serve.ts');
      await serve(context, { ...options, source });
    });
  addExamples(command, [
    [
      'every model of a registry that has the alias champion',
      'fairlead serve --registry ./registry',
    ],
    ['one model, on a port of choice', 'fairlead serve --model iris --port 9000'],
    ['an ONNX file, without a registry', 'fairlead serve model.onnx'],
    ['every model, with two cores', 'fairlead serve --processes 2'],
  ]);
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('Expected a port from 0 to 65535.');
}

function parseProcesses(text: string): number | 'auto' {
  if (text === 'auto') return text;
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 256) return Number(text);
  throw new InvalidArgumentError('Expected a number from 1 to 256, or auto.');
}

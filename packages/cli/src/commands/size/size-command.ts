import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { aliasOption, jsonOption, registryOption } from '../../options/shared-options.ts';

/** Defines `fairlead size`. */
export function defineSizeCommand(command: Command, context: CommandContext): void {
  command
    .argument(
      '[model]',
      'Model to measure: its name in the registry, an ONNX file, or a folder with one',
    )
    .addOption(registryOption)
    .addOption(aliasOption)
    .option('--request <file>', 'JSON body of the requests (default: first row of the example)')
    .option('--seconds <seconds>', 'Duration of each step of the measurement', parseSeconds, 5)
    .option(
      '--measurement <file>',
      'Result of an earlier run with --json, in place of a measurement',
    )
    .option('--measured-on <type>', 'Instance type of this machine, if it is not recognized')
    .option('--calibrate', 'Check the predictions on two cores, and use the errors that they had')
    .option(
      '--requests-per-second <number>',
      'Traffic of busy hours, all hosts together',
      parseNumber,
    )
    .option('--peak-factor <number>', 'Peak of the traffic, as a multiple', parseNumber, 2)
    .option(
      '--p99 <duration>',
      'Goal of the 99th percentile of the latency, such as 50ms',
      parseLatency,
      50,
    )
    .option('--spare-hosts <number>', 'Hosts that may fail at the peak', parseWhole, 1)
    .option('--region <region>', 'Region of the prices', 'eu-central-1')
    .option('--instances <file>', 'Instance types and prices (default: those of this release)')
    .option('--simulate [file]', 'Simulate auto scaling, over traffic in CSV or a generated day')
    .option('--seed <number>', 'Seed of the generated day', parseWhole, 1)
    .option('--refresh', 'Write current types and prices from the APIs of AWS to --instances')
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { size } = await import('./size.ts');
      await size(context, { ...options, model });
    });
  addExamples(command, [
    ['Measure a model here', 'fairlead size digits --registry ./registry --seconds 2'],
    ['Store the measurement', 'fairlead size model.onnx --seconds 1 --json > churn.json'],
    [
      'Recommend hosts for a traffic and a goal',
      'fairlead size --measurement churn.json --requests-per-second 500 --p99 50ms',
    ],
    [
      'Simulate a day of auto scaling',
      'fairlead size --measurement churn.json --requests-per-second 500 --simulate',
    ],
    ['Check the predictions on two cores', 'fairlead size model.onnx --seconds 1 --calibrate'],
    [
      'Renew the prices of a region',
      'fairlead size --refresh --region eu-west-1 --instances instances.json',
    ],
  ]);
}

/** Reads the duration of a step, in seconds, from the shortest that can be measured. */
function parseSeconds(text: string): number {
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text) && Number(text) >= 0.2) return Number(text);
  throw new InvalidArgumentError('Expected a number of seconds from 0.2, such as 5.');
}

function parseNumber(text: string): number {
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('Expected a number above 0.');
}

function parseWhole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number from 0.');
}

/** Reads a duration such as `50ms`, `0.5ms` or `2s`, in milliseconds. */
function parseLatency(text: string): number {
  const [, number, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)$/.exec(text) ?? [];
  if (Number(number) > 0) return Number(number) * (unit === 's' ? 1000 : 1);
  throw new InvalidArgumentError('Expected a duration such as 50ms or 2s.');
}

import { type Command, Option } from '@commander-js/extra-typings';
import type { Manifest, PushResult } from '@fairlead/registry';
import { addExamples, type Example } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import {
  actorOption,
  collect,
  dryRunOption,
  jsonOption,
  parseCount,
  registryOption,
} from '../../options/shared-options.ts';
import { ProgressLine } from '../../output/progress-line.ts';
import { count, formatBytes, formatNumber } from '../../output/format-values.ts';
import { formatBatching } from '../../registry/format-version.ts';
import { oneLine } from '../../output/plain-text.ts';
import { progressFormatter } from '../../push/format-progress.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';

const examples: readonly Example[] = [
  [
    'An ONNX file, which contains its signature',
    'fairlead model push digits model.onnx --metric accuracy=0.973',
  ],
  [
    'Python files, validated at their upstream',
    'fairlead model push digits-flask ./service --upstream flask --upstream-url http://127.0.0.1:5000',
  ],
  ['An MLflow folder', 'fairlead model push digits mlruns/1/models/m-0c1/artifacts'],
  [
    'The output folder of a training',
    'fairlead model push digits trained/digits --git-commit HEAD',
  ],
  [
    'An ONNX file, with its training table to detect drift',
    'fairlead model push digits model.onnx --baseline train.csv --label digit',
  ],
  ['Validate only', 'fairlead model push digits trained/digits --dry-run'],
];

/** Defines `fairlead model push`. */
export function definePushCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<source>', 'ONNX file, or a folder of a training, of MLflow, or of Python files')
    .option(
      '--metadata <file>',
      'JSON with signature, metrics, goldenExamples, lineage, baseline, modelCard',
    )
    .option('--golden <file>', 'JSON with golden examples')
    .option(
      '--baseline <file>',
      'Training table as .csv or .parquet, or baseline as .json (default: baseline.json of the source folder)',
    )
    .option('--label <column>', 'Column of the training table with the labels')
    .option('--scores <output>', 'Output with the scores of a classifier, for its calibration')
    .option('--card <file>', 'Model card, in Markdown')
    .option('--metric <name=number>', 'Metric; repeatable', collect)
    .option('--file <path=file>', 'Additional file of the version; repeatable', collect)
    .option('--git-commit <revision>', 'Commit of the training code, such as HEAD')
    .option('--parent <version>', 'Version that it was derived from', parseCount)
    .option('--latency <runs>', 'Measure p50Ms and p99Ms on the first golden example', parseCount)
    .option(
      '--upstream <name>',
      'The source is Python files, which this upstream of the gateway runs',
    )
    .option('--upstream-model <name>', 'Model name at the upstream')
    .option(
      '--upstream-url <url>',
      'Address of the upstream, to validate the version: http://host:port',
    )
    .option(
      '--entry <module>',
      'Entry point of the Python files: app.py, package.module:create_app()',
    )
    .addOption(
      new Option(
        '--batching <setting>',
        'Batch requests: on, off, or auto if the validation shows that it is safe',
      ).choices(['on', 'off', 'auto']),
    )
    .option('--if-changed', 'Push nothing if the newest version has the same content')
    .option('--skip-validation', 'Dangerous: do not load the version, nor run its golden examples')
    // Its name in version 0.1.
    .addOption(new Option('--skip-trial').hideHelp())
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, source, options) => {
      const { upstream, upstreamUrl, latency = 0 } = options;
      const validated =
        !(options.skipValidation ?? options.skipTrial) &&
        (upstream === undefined || upstreamUrl !== undefined);
      const { actor } = auditContext(context, options);
      const { readPushRequest } = await import('../../push/read-push-request.ts');
      const { candidateValidation } = await import('../../push/validate-candidate.ts');
      const request = await readPushRequest(source, {
        ...options,
        model,
        actor,
        mayRun: validated,
      });
      const opened = await openRegistry(context, options);
      const progress = new ProgressLine(context.io);
      const textOf = progressFormatter(request);
      let result: PushResult;
      try {
        result = await opened.registry.push({
          ...request,
          skipIfUnchanged: options.ifChanged === true,
          ...(validated && { validate: candidateValidation(latency, { upstreamUrl }) }),
          onProgress: (each) => {
            progress.show(textOf(each));
          },
        });
      } catch (error) {
        // An error of the validation itself, such as a missing runtime, says nothing about the version.
        throw error instanceof Error && error.cause instanceof CliError ? error.cause : error;
      } finally {
        progress.clear();
      }
      const { manifest, created, measured } = result;
      const { notes = [] } = request;
      presentChange(
        context,
        opened,
        options,
        { created, manifest, measured: measured ?? {}, ...(notes.length > 0 && { notes }) },
        () =>
          created
            ? [
                ...formatPushed(manifest, measured),
                ...notes.map((note) => `Note: ${oneLine(note)}.`),
              ]
            : [`Version ${manifest.version} of ${model} is unchanged; nothing was pushed.`],
      );
    });
  addExamples(command, examples);
}

function formatPushed(manifest: Manifest, measured: PushResult['measured']): readonly string[] {
  const { model, version, files, goldenExamples, runtime, lineage, trial: found } = manifest;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const validation =
    measured === undefined
      ? found?.ran === false
        ? `Validation: loaded, but not run: ${oneLine(found.reason ?? '')}; add --golden with an example.`
        : 'Validation: skipped.'
      : goldenExamples.length === 0
        ? 'Validation: loaded and run; no golden examples.'
        : `Validation: loaded, ${count(goldenExamples.length, 'golden example')} passed.`;
  const figures = Object.entries(measured ?? {}).map(
    ([name, value]) => `${name} ${formatNumber(value)}`,
  );
  return [
    `Pushed version ${version} of ${model}: ${runtime.name}, ${count(files.length, 'file')}, ${formatBytes(bytes)}.`,
    ...(lineage.changes ?? []).map((change) => `Changed for serving: ${change}.`),
    validation,
    ...(found ? [`Batching ${formatBatching(manifest)}.`] : []),
    ...(figures.length > 0 ? [`Measured on this machine: ${figures.join(', ')}.`] : []),
  ];
}

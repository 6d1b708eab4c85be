import { type Command, Option } from '@commander-js/extra-typings';
import type { Manifest, PushResult } from '@fairlead/registry';
import { addExamples } from '../../add-examples.ts';
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

/** Defines `fairlead model push`. */
export function definePushCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'name of the model')
    .argument('<source>', 'an ONNX file, or a folder: of a training, of MLflow, or of Python files')
    .option(
      '--metadata <file>',
      'JSON with signature, metrics, goldenExamples, lineage, baseline, modelCard',
    )
    .option('--golden <file>', 'JSON with golden examples')
    .option('--card <file>', 'the model card, in Markdown')
    .option('--metric <name=number>', 'a metric; may be repeated', collect)
    .option('--file <path=file>', 'one more file of the version; may be repeated', collect)
    .option('--git-commit <revision>', 'the commit that trained it, such as HEAD')
    .option('--parent <version>', 'the version that it was made from', parseCount)
    .option('--latency <runs>', 'measure p50Ms and p99Ms on the first golden example', parseCount)
    .option(
      '--upstream <name>',
      'the folder holds Python files, which this upstream of the gateway runs',
    )
    .option('--upstream-model <name>', 'name of the model over there')
    .option('--upstream-url <url>', 'where it runs now, to try it out: http://host:port')
    .option('--entry <module>', 'what starts the Python files: app.py, package.module:create_app()')
    .addOption(
      new Option(
        '--batching <setting>',
        'whether requests may share executions: on, off, or by what is shown: auto',
      ).choices(['on', 'off', 'auto']),
    )
    .option('--if-changed', 'push nothing when the newest version has the same content')
    .option(
      '--skip-trial',
      "dangerous: don't load it; nothing is known of its golden examples then",
    )
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, source, options) => {
      const { upstream, upstreamUrl, latency = 0 } = options;
      const tried = !options.skipTrial && (upstream === undefined || upstreamUrl !== undefined);
      const { actor } = auditContext(context, options);
      const { readPushRequest } = await import('../../push/read-push-request.ts');
      const { candidateValidation } = await import('../../push/validate-candidate.ts');
      const request = await readPushRequest(source, { ...options, model, actor, mayRun: tried });
      const opened = await openRegistry(context, options);
      const progress = new ProgressLine(context.io);
      const textOf = progressFormatter(request);
      let result: PushResult;
      try {
        result = await opened.registry.push({
          ...request,
          skipIfUnchanged: options.ifChanged === true,
          ...(tried && { prove: candidateValidation(latency, { upstreamUrl }) }),
          onProgress: (each) => {
            progress.show(textOf(each));
          },
        });
      } catch (error) {
        // What keeps it from being tried out at all says nothing of the version.
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
            : [`Version ${manifest.version} of ${model} is just that already; nothing was pushed.`],
      );
    });
  addExamples(command, [
    [
      'an ONNX file, which says its own signature',
      'fairlead model push digits model.onnx --metric accuracy=0.973',
    ],
    [
      'Python files, tried out where they run',
      'fairlead model push digits-flask ./service --upstream flask --upstream-url http://127.0.0.1:5000',
    ],
    ['a folder of MLflow', 'fairlead model push digits mlruns/1/models/m-0c1/artifacts'],
    [
      'what a training left in a folder',
      'fairlead model push digits trained/digits --git-commit HEAD',
    ],
    ['whether it would be taken', 'fairlead model push digits trained/digits --dry-run'],
  ]);
}

function formatPushed(manifest: Manifest, measured: PushResult['measured']): readonly string[] {
  const { model, version, files, goldenExamples, runtime, lineage, trial: found } = manifest;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const trial =
    measured === undefined
      ? found?.ran === false
        ? `It loads, but was not tried: ${oneLine(found.reason ?? '')}; add --golden with an example that it answers.`
        : 'It was not tried out.'
      : goldenExamples.length === 0
        ? 'It loads and runs; it has no golden examples to answer.'
        : `It loads, and answers ${count(goldenExamples.length, 'golden example')} as it should.`;
  const figures = Object.entries(measured ?? {}).map(
    ([name, value]) => `${name} ${formatNumber(value)}`,
  );
  return [
    `Pushed version ${version} of ${model}: ${runtime.name}, ${count(files.length, 'file')}, ${formatBytes(bytes)}.`,
    ...(lineage.changes ?? []).map((change) => `Changed for serving: ${change}.`),
    trial,
    ...(found ? [`Batching ${formatBatching(manifest)}.`] : []),
    ...(figures.length > 0 ? [`Measured on this machine: ${figures.join(', ')}.`] : []),
  ];
}

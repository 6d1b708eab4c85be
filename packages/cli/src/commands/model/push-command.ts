import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Manifest, PushProgress, PushRequest, PushResult } from '@fairlead/registry';
import { addExamples } from '../../add-examples.ts';
import { type CommandContext, deedOf } from '../../command-context.ts';
import { readNumbers, readPairs } from '../../options/name-value.ts';
import {
  actorOption,
  collect,
  dryRunOption,
  jsonOption,
  parseCount,
  registryOption,
} from '../../options/shared-options.ts';
import { ProgressLine } from '../../output/progress-line.ts';
import { count, showBytes, showNumber } from '../../output/show-values.ts';
import { resolveCommit } from '../../push/git-commit.ts';
import { readGoldenExamples, readMetadata, readModelCard } from '../../push/push-metadata.ts';
import { readPushSource } from '../../push/push-source.ts';
import { tryOut } from '../../push/try-out.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';

/** Adds `fairlead model push`. */
export function addPushCommand(parent: CommandUnknownOpts, context: CommandContext): void {
  const command = parent
    .command('push')
    .description('keep a new version of a model, once it loads and answers its golden examples')
    .argument('<model>', 'name of the model')
    .argument('<source>', 'an ONNX file, or a folder with model.onnx and metadata.json')
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
      const request = await readRequest(model, source, options);
      const opened = await openRegistry(context, options);
      const progress = new ProgressLine(context.surroundings);
      let result: PushResult;
      try {
        result = await opened.registry.push({
          ...request,
          actor: deedOf(context, options).actor,
          skipIfUnchanged: options.ifChanged === true,
          ...(!options.skipTrial && { prove: tryOut(options.latency ?? 0) }),
          onProgress: (each) => {
            progress.show(showProgress(each));
          },
        });
      } finally {
        progress.clear();
      }
      const { manifest, created, measured } = result;
      presentChange(
        context,
        opened,
        options,
        { created, manifest, measured: measured ?? {} },
        () =>
          created
            ? showPushed(manifest, measured)
            : [`Version ${manifest.version} of ${model} is just that already; nothing was pushed.`],
      );
    });
  addExamples(command, [
    [
      'an ONNX file, which says its own signature',
      'fairlead model push digits model.onnx --metric accuracy=0.973',
    ],
    [
      'what a training left in a folder',
      'fairlead model push digits trained/digits --git-commit HEAD',
    ],
    ['whether it would be taken', 'fairlead model push digits trained/digits --dry-run'],
  ]);
}

interface RequestOptions {
  readonly metadata?: string | undefined;
  readonly golden?: string | undefined;
  readonly card?: string | undefined;
  readonly metric?: readonly string[] | undefined;
  readonly file?: readonly string[] | undefined;
  readonly gitCommit?: string | undefined;
  readonly parent?: number | undefined;
}

async function readRequest(
  model: string,
  source: string,
  options: RequestOptions,
): Promise<Omit<PushRequest, 'actor'>> {
  const { metadata, golden, card, metric = [], file = [], gitCommit, parent } = options;
  const found = {
    ...(await readPushSource(source)),
    ...(metadata && (await readMetadata(metadata))),
  };
  const commit = gitCommit === undefined ? undefined : await resolveCommit(gitCommit);
  return {
    model,
    ...found,
    files: { ...found.files, ...Object.fromEntries(readPairs('file', file)) },
    metrics: { ...found.metrics, ...readNumbers('metric', metric) },
    lineage: {
      ...found.lineage,
      ...(commit !== undefined && { gitCommit: commit }),
      ...(parent !== undefined && { parentVersion: parent }),
    },
    ...(golden !== undefined && { goldenExamples: await readGoldenExamples(golden) }),
    ...(card !== undefined && { modelCard: await readModelCard(card) }),
  };
}

function showProgress({ path, phase, bytes }: PushProgress): string {
  return `${path}: ${showBytes(bytes)} ${phase === 'reading' ? 'read' : 'written'}`;
}

function showPushed(manifest: Manifest, measured: PushResult['measured']): readonly string[] {
  const { model, version, files, goldenExamples, runtime } = manifest;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const trial =
    measured === undefined
      ? 'It was not tried out.'
      : goldenExamples.length === 0
        ? 'It loads and runs; it has no golden examples to answer.'
        : `It loads, and answers ${count(goldenExamples.length, 'golden example')} as it should.`;
  const figures = Object.entries(measured ?? {}).map(
    ([name, value]) => `${name} ${showNumber(value)}`,
  );
  return [
    `Pushed version ${version} of ${model}: ${runtime.name}, ${count(files.length, 'file')}, ${showBytes(bytes)}.`,
    trial,
    ...(figures.length > 0 ? [`Measured on this machine: ${figures.join(', ')}.`] : []),
  ];
}

import type { PushRequest } from '@fairlead/registry';
import type { Signature } from '@fairlead/signature';
import { readNumbers, readPairs } from '../options/name-value.ts';
import { inheritSignature } from './inherit-signature.ts';
import { resolveCommit } from './git-commit.ts';
import { readGoldenExamples, readMetadata, readModelCard } from './push-metadata.ts';
import { readPushSource, type SourceDetails } from './push-source.ts';
import { addBaseline, type BaselineDetails } from './read-baseline.ts';

/** Options of the command line for a push. */
export interface PushDetails extends Omit<SourceDetails, 'given'>, BaselineDetails {
  readonly model: string;
  readonly actor: string;
  readonly golden?: string | undefined;
  readonly card?: string | undefined;
  readonly metric?: readonly string[] | undefined;
  readonly file?: readonly string[] | undefined;
  readonly gitCommit?: string | undefined;
  readonly parent?: number | undefined;
  readonly batching?: PushRequest['batching'] | undefined;
  /** Signature of the version before, which completes that of an ONNX file. */
  readonly before?: Signature | undefined;
}

/**
 * Reads the source of a push and merges it with the options: options override `--metadata`, which overrides the source.
 *
 * @throws CliError `ERR_CLI_FILE`, `ERR_CLI_USAGE`; RegistryError `ERR_REGISTRY_INVALID_…`
 */
export async function readPushRequest(path: string, details: PushDetails): Promise<PushRequest> {
  const {
    model,
    actor,
    metadata,
    golden,
    card,
    metric = [],
    file = [],
    gitCommit,
    parent,
    batching,
    before,
  } = details;
  const found = metadata === undefined ? {} : await readMetadata(metadata);
  const commit = gitCommit === undefined ? undefined : await resolveCommit(gitCommit);
  const request = await readPushSource(path, {
    ...details,
    given: {
      ...found,
      ...{ model, actor },
      files: Object.fromEntries(readPairs('file', file)),
      metrics: { ...found.metrics, ...readNumbers('metric', metric) },
      lineage: {
        ...found.lineage,
        ...(commit !== undefined && { gitCommit: commit }),
        ...(parent !== undefined && { parentVersion: parent }),
      },
      ...(golden !== undefined && { goldenExamples: await readGoldenExamples(golden) }),
      ...(batching !== undefined && { batching }),
      ...(card !== undefined && { modelCard: await readModelCard(card) }),
    },
  });
  const { signature } = request;
  const complete =
    signature === undefined || before === undefined
      ? request
      : { ...request, signature: inheritSignature(signature, before) };
  return addBaseline(complete, path, details);
}

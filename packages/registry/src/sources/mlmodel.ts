import { open } from 'node:fs/promises';
import { decodeText } from '@fairlead/signature';
import { parse } from 'yaml';
import * as z from 'zod';
import { toDotPath } from 'zod/v4/core';
import { RegistryError } from '../errors/registry-error.ts';

const MAX_BYTES = 1024 * 1024;
// MLflow writes none; the number of their repetitions is limited too.
const MAX_ALIASES = 100;

const mlmodel = z.looseObject({
  flavors: z.record(z.string(), z.unknown()),
  signature: maybe(z.looseObject({ inputs: maybe(z.string()), outputs: maybe(z.string()) })),
  saved_input_example_info: maybe(
    z.looseObject({ artifact_path: maybe(z.string()), type: maybe(z.string()) }),
  ),
  mlflow_version: maybe(z.string()),
  run_id: maybe(z.string()),
  model_id: maybe(z.string()),
  model_uuid: maybe(z.string()),
  utc_time_created: maybe(z.string()),
});

/** Every scalar is read as text, also `null`. */
function maybe<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    (value) => (value === 'null' || value === '~' || value === '' ? undefined : value),
    schema.optional(),
  );
}

/** Content of an `MLmodel` file, as far as a push reads it. */
export type MlModel = z.infer<typeof mlmodel>;

/**
 * Reads an `MLmodel` file.
 *
 * Source: https://mlflow.org/docs/latest/ml/model/#mlmodel-file
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_SOURCE`, `ERR_REGISTRY_SOURCE_UNREADABLE`
 */
export async function readMlModel(file: string): Promise<MlModel> {
  const content = await readContent(file);
  try {
    const value: unknown = parse(content, {
      // Strings only: a run id such as 1234e567 would otherwise be a number.
      schema: 'failsafe',
      maxAliasCount: MAX_ALIASES,
      stringKeys: true,
      logLevel: 'error',
    });
    return mlmodel.parse(value);
  } catch (cause) {
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_SOURCE',
      `${file} isn't as MLflow writes it: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/** A flavor of the model, if it has that. */
export function flavorOf(
  { flavors }: MlModel,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const flavor = flavors[name];
  if (flavor === undefined) return undefined;
  return typeof flavor === 'object' && flavor !== null ? { ...flavor } : {};
}

function reasonOf(cause: unknown): string {
  if (cause instanceof z.ZodError) {
    const [issue] = cause.issues;
    return `${toDotPath(issue?.path ?? [])}: ${issue?.message ?? ''}`;
  }
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, 500);
}

async function readContent(file: string): Promise<string> {
  const unreadable = (cause: unknown): RegistryError => {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new RegistryError(
      'ERR_REGISTRY_SOURCE_UNREADABLE',
      `cannot read ${file}: ${why}; give the folder that MLflow wrote, which holds a file MLmodel`,
      { cause },
    );
  };
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  try {
    const { size } = await handle.stat();
    if (size > MAX_BYTES)
      throw new Error(`it has ${size} bytes, and at most ${MAX_BYTES} are read`);
    return decodeText(await handle.readFile());
  } catch (cause) {
    throw unreadable(cause);
  } finally {
    await handle.close();
  }
}

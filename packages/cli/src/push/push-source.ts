import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PushRequest } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';
import { type PushMetadata, readMetadata } from './push-metadata.ts';

/** What of a request a source on disk makes up. */
export type PushSource = Pick<PushRequest, 'runtime' | 'files'> & PushMetadata;

const EXPECTED =
  'give an ONNX file (model.onnx), or a folder with model.onnx and the metadata.json that training wrote';

/**
 * Finds out what `path` is: an ONNX file, or a folder with one and its metadata.
 *
 * @throws CliError `ERR_CLI_FILE`
 */
export async function readPushSource(path: string): Promise<PushSource> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw unusable(path, 'there is no such file or folder');
  if (!stats.isDirectory()) return onnxFile(path);
  const [model, metadata] = [join(path, 'model.onnx'), join(path, 'metadata.json')];
  if (!existsSync(model)) throw unusable(path, `it has no model.onnx`);
  return { ...onnxFile(model), ...(existsSync(metadata) && (await readMetadata(metadata))) };
}

function onnxFile(path: string): PushSource {
  return { runtime: { name: 'onnx' }, files: { 'model.onnx': path } };
}

function unusable(path: string, why: string): CliError {
  return new CliError('ERR_CLI_FILE', `cannot push ${path}: ${why}; ${EXPECTED}`);
}

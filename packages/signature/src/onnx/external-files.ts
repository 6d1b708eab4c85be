import { posix } from 'node:path';
import { SignatureError } from '../signature-error.ts';
import type { OnnxExternalTensor, OnnxGraph, OnnxModel, OnnxNode } from './onnx-model.ts';

const MICROSOFT = 'com.microsoft';
/** Operator for code that was compiled for other hardware: the only one of ONNX Runtime that reads a file. */
const COMPILED = 'EPContext';

/**
 * Checks that a model reads only files that `isListed` accepts, and none that ONNX Runtime would open itself; returns their
 * paths in the model, relative to its folder, sorted.
 *
 * ONNX Runtime takes only the weights of the main graph from memory. It would read those of a branch, a function, a sparse
 * tensor or another attribute from the disk.
 *
 * @throws SignatureError `ERR_SIGNATURE_ONNX_FILES` naming the file or the node, and the fix.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { externalFiles, readOnnxModel } from '@fairlead/signature/onnx';
 *
 * const model = readOnnxModel(await readFile('./external-weights.onnx'));
 * console.log(externalFiles(model, (path) => path.endsWith('.data'))); // [ 'ca9fca84-e87e-11f1-99e9-02fc00000001.data' ]
 * ```
 */
export function externalFiles(
  model: OnnxModel,
  isListed: (location: string) => boolean,
): readonly string[] {
  checkNodes(model);
  const locations = new Set<string>();
  for (const tensor of model.externalTensors) {
    checkTensor(tensor, isListed);
    locations.add(tensor.location);
  }
  return [...locations].sort();
}

function checkTensor(
  { name, location, holder }: OnnxExternalTensor,
  isListed: (location: string) => boolean,
): void {
  const place = `weights ${JSON.stringify(name.slice(0, 80))} are in the file ${JSON.stringify(location.slice(0, 200))}`;
  const segments = location.split('/');
  // ONNX Runtime uses names with a * for addresses in its memory.
  if (segments[0] === '' || segments.includes('..') || /[\0*\\]/.test(location)) {
    throw rejected(`${place}, which isn't a path within the model's folder`);
  }
  const plain = posix.normalize(location);
  if (plain !== location) throw rejected(`${place}; spell it ${JSON.stringify(plain)}`);
  if (holder === 'elsewhere') {
    throw rejected(
      `${place} and belong to a branch, a function, a sparse tensor or an attribute, where weights can't be in a separate ` +
        'file; save the model as one file: onnx.save(onnx.load(path), other_path)',
    );
  }
  if (!isListed(location)) throw rejected(`${place}, which isn't a file of this version`);
}

function checkNodes({ graph, functions }: OnnxModel): void {
  const isCompiled = ({ opType, domain, attributes }: OnnxNode): boolean =>
    (domain === MICROSOFT && opType === COMPILED) ||
    [...attributes.values()].some(({ graphs = [] }) => graphs.some(holdsCompiled));
  const holdsCompiled = ({ nodes }: Pick<OnnxGraph, 'nodes'>): boolean => nodes.some(isCompiled);
  if (!holdsCompiled(graph) && !functions.some(holdsCompiled)) return;
  throw rejected(
    `the model has been compiled for other hardware (a node ${COMPILED}); take the model that it was compiled from`,
  );
}

function rejected(message: string): SignatureError {
  return new SignatureError('ERR_SIGNATURE_ONNX_FILES', message);
}

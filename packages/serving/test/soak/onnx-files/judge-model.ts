import { statSync, utimesSync } from 'node:fs';
import {
  externalFiles,
  onnxTypeName,
  readOnnxModel,
  type OnnxModel,
  type OnnxValue,
} from '@fairlead/signature/onnx';
import { InferenceSession } from 'onnxruntime-node';

/** Results of ONNX Runtime and of the reader for the same bytes. */
export interface Verdict {
  /** True if the reader finds nothing outside of the bytes. */
  readonly accepted: boolean;
  readonly loaded: boolean;
  /** True if ONNX Runtime opened a file, or says that it would have. */
  readonly touched: boolean;
  /** The disagreement of the two, if any. */
  readonly disagreement?: string;
}

/** Part of the message of ONNX Runtime about a file that it tries to read; numbers in the wrong field of a tensor are no file. */
const EXTERNAL = /external|model_path|should be stored in (?!field)/i;
const ADVICE = /use external data for large/i;

/** The model, when the reader finds nothing outside of its bytes. */
export function accept(bytes: Buffer): OnnxModel | undefined {
  try {
    const model = readOnnxModel(bytes);
    return externalFiles(model, () => false).length === 0 ? model : undefined;
  } catch {
    return undefined;
  }
}

/** Decides by the access times of `files` whether ONNX Runtime, without any precaution, reads them. */
export async function judgeModel(bytes: Buffer, files: readonly string[]): Promise<Verdict> {
  const model = accept(bytes);
  const accepted = model !== undefined;
  let session: InferenceSession | undefined;
  let problem = '';
  try {
    session = await InferenceSession.create(Uint8Array.from(bytes), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
    });
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  const loaded = session !== undefined;
  const touched = wereRead(files) || (EXTERNAL.test(problem) && !ADVICE.test(problem));
  const difference = session && model ? compareValues(session, model) : undefined;
  await session?.release();
  if (touched && accepted) {
    return { accepted, loaded, touched, disagreement: `a file is read: ${problem || 'it loads'}` };
  }
  return {
    accepted,
    loaded,
    touched,
    ...(difference !== undefined && { disagreement: difference }),
  };
}

/** Sets the access times of the files before those of their changes, so that the next read shows. */
export function forgetReads(files: readonly string[]): void {
  for (const file of files) utimesSync(file, 1, statSync(file).mtimeMs / 1000);
}

function wereRead(files: readonly string[]): boolean {
  const read = files.some((file) => statSync(file).atimeMs > 1000);
  if (read) forgetReads(files);
  return read;
}

/** Inputs and outputs of which the two say something else; output shapes, which ONNX Runtime infers, aside. */
function compareValues(session: InferenceSession, { graph }: OnnxModel): string | undefined {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const problem =
    compareNames(session.inputNames, inputs) ?? compareNames(session.outputNames, graph.outputs);
  if (problem !== undefined) return problem;
  const all = [
    ...inputs.map((value, index) => [value, session.inputMetadata[index], true] as const),
    ...graph.outputs.map((value, index) => [value, session.outputMetadata[index], false] as const),
  ];
  const constants = new Set(
    graph.nodes.flatMap(({ opType, outputs }) => (opType === 'Constant' ? outputs : [])),
  );
  for (const [{ name, kind, elementType, shape }, own, isInput] of all) {
    // ONNX Runtime finds out the type of an output that has none, and takes a constant's own.
    if (!isInput && (kind === 'of no type' || constants.has(name))) continue;
    const ours = elementType === undefined ? kind : onnxTypeName(elementType);
    const theirs = own?.isTensor ? own.type : kind;
    const type = ours === theirs ? '' : `${name} is ${ours} and ${theirs}`;
    if (type !== '') return type;
    if (!isInput || !own?.isTensor || shape === undefined) continue;
    const lengths = [shape.map(lengthOf), own.shape.map(lengthOf)].map((each) => each.join());
    if (lengths[0] !== lengths[1]) return `${name} is [${lengths[0]}] and [${lengths[1]}]`;
  }
  return undefined;
}

function compareNames(theirs: readonly string[], ours: readonly OnnxValue[]): string | undefined {
  const names = ours.map(({ name }) => name);
  if (JSON.stringify(names) === JSON.stringify(theirs)) return undefined;
  return `names are ${JSON.stringify(names)} and ${JSON.stringify(theirs)}`;
}

/** Lengths that vary are all the same here: ONNX Runtime names some itself. */
function lengthOf(length: number | string | undefined): number {
  return typeof length === 'number' && length >= 0 ? length : -1;
}

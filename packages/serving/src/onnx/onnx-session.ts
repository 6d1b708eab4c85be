import { datatypes, type Tensor } from '@fairlead/signature';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { explainFailure } from './explain-failure.ts';
import { ISOLATED } from './external-data.ts';
import { type InspectedModel, inspectModel } from './inspect-model.ts';
import type { SessionModel, SessionOutput } from './session-model.ts';

/** Result of one execution. */
export interface SessionResult {
  readonly outputs: readonly Tensor[];
  /** Milliseconds that the model itself took. */
  readonly computeDurationMs: number;
}

const encoder = new TextEncoder();
/** A mark at the beginning of a string is part of it. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NUL = 0;

/** Error of inputs that a model can't get. */
export class InputError extends Error {}

/** One model that ONNX Runtime has loaded; it computes synchronously, in the thread that calls it. */
export class OnnxSession {
  readonly #session: InferenceSession;
  readonly #outputs: readonly SessionOutput[];
  readonly #outputNames: readonly string[];

  private constructor(session: InferenceSession, outputs: readonly SessionOutput[]) {
    this.#session = session;
    this.#outputs = outputs;
    this.#outputNames = outputs.map((output) => output.name);
  }

  /** Loads a model; throws when its inputs and outputs aren't those that were promised, or it reads files of others. */
  static async load(
    model: SessionModel,
    // Checked here, where every model passes before ONNX Runtime sees it.
    { weights }: InspectedModel = inspectModel(model),
  ): Promise<OnnxSession> {
    const session = await InferenceSession.create(model.bytes, {
      intraOpNumThreads: model.intraOpThreads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      externalData: weights,
      extra: ISOLATED,
      // Errors reach the caller as exceptions, and a client could fill the log with them; warnings don't help to operate it.
      logSeverityLevel: 4,
    }).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(explainFailure(message), { cause });
    });
    compareNames('input', model.inputs, session.inputNames);
    compareNames(
      'output',
      model.outputs.map((output) => output.name),
      session.outputNames,
    );
    return new OnnxSession(session, model.outputs);
  }

  async run(tensors: readonly Tensor[]): Promise<SessionResult> {
    const feeds: Record<string, OrtTensor> = {};
    for (const tensor of tensors) feeds[tensor.name] = toOrt(tensor);
    const startedAt = performance.now();
    const results = await this.#session.run(feeds, this.#outputNames);
    const computeDurationMs = performance.now() - startedAt;
    const outputs = this.#outputs.map((output) => fromOrt(output, results[output.name]));
    return { outputs, computeDurationMs };
  }

  /** Gives the memory back. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

function toOrt(tensor: Tensor): OrtTensor {
  const type = datatypes[tensor.datatype].onnx as OrtTensor.Type;
  const data =
    tensor.datatype === 'BYTES'
      ? tensor.data.map((bytes) => toText(tensor.name, bytes))
      : tensor.data;
  return new OrtTensor(type, data, tensor.shape);
}

/** Strings of ONNX Runtime are text; it ends them at the first NUL without a word. */
function toText(tensor: string, bytes: Uint8Array): string {
  if (bytes.includes(NUL))
    throw new InputError(`input "${tensor}": this model takes no NUL in a string`);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new InputError(`input "${tensor}": this model takes strings in UTF-8 alone`, { cause });
  }
}

function fromOrt({ name, datatype }: SessionOutput, value: OrtTensor | undefined): Tensor {
  const info = datatypes[datatype];
  if (value === undefined) throw new Error(`the model gave no output "${name}"`);
  if (value.type !== info.onnx) {
    throw new Error(`output "${name}" is ${value.type}, the signature says ${datatype}`);
  }
  const { dims: shape, data } = value;
  if (datatype === 'BYTES') {
    const strings = data as readonly string[];
    return { name, datatype, shape, data: strings.map((text) => encoder.encode(text)) };
  }
  // Its type was compared above.
  return { name, datatype, shape, data } as Tensor;
}

function compareNames(kind: string, promised: readonly string[], actual: readonly string[]): void {
  const missing = promised.filter((name) => !actual.includes(name));
  const more = kind === 'input' ? actual.filter((name) => !promised.includes(name)) : [];
  if (missing.length + more.length === 0) return;
  throw new Error(
    `the signature has ${kind}s ${JSON.stringify(promised)}, the model file has ${JSON.stringify(actual)}`,
  );
}

import type { Datatype, Tensor } from '@fairlead/signature';
import { parentPort, workerData } from 'node:worker_threads';

// onnxruntime-node up to 1.30 reads a Float16Array as empty; where there is none it takes the bits as a Uint16Array.
Reflect.deleteProperty(globalThis, 'Float16Array');
const { InferenceSession, Tensor: OrtTensor } = await import('onnxruntime-node');
type OrtTensor = InstanceType<typeof OrtTensor>;

/** Inputs of {@link OrtJob.file}. */
export interface OrtJob {
  readonly file: string;
  readonly inputs: readonly Tensor[];
  /** Names and datatypes of the outputs that are wanted. */
  readonly like: readonly Tensor[];
}

const { file, inputs, like } = workerData as OrtJob;

const TYPES = {
  BOOL: 'bool',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Readonly<Record<Datatype, string>>;

async function run(): Promise<readonly Tensor[]> {
  const session = await InferenceSession.create(file, {
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  });
  try {
    const feeds = inputs.filter(({ name }) => session.inputNames.includes(name)).map(toOrt);
    const answers = await session.run(Object.fromEntries(feeds));
    return like.flatMap((tensor) => {
      const found = answers[tensor.name];
      return found === undefined ? [] : fromOrt(tensor, found);
    });
  } finally {
    await session.release();
  }
}

function toOrt(tensor: Tensor): readonly [string, OrtTensor] {
  const { name, shape, datatype } = tensor;
  const data =
    tensor.datatype === 'BYTES'
      ? tensor.data.map((bytes) => Buffer.from(bytes).toString())
      : tensor.data;
  return [name, new OrtTensor(TYPES[datatype], data, shape)];
}

function fromOrt({ name, datatype }: Tensor, found: OrtTensor): Tensor {
  const { data } = found;
  const own =
    datatype === 'BYTES' ? Array.from(data as string[], (text) => Buffer.from(text)) : data;
  // The numbers of half floats are their bits, in whichever array they come.
  const bits =
    datatype === 'FP16' && ArrayBuffer.isView(own)
      ? new Uint16Array(own.buffer, own.byteOffset, own.byteLength / 2)
      : own;
  return { name, datatype, shape: [...found.dims], data: bits } as Tensor;
}

parentPort?.postMessage(await run());

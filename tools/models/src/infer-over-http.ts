import {
  decodeBinaryTensor,
  decodeTensor,
  encodeBinaryTensor,
  encodeTensor,
  type Tensor,
} from '@fairlead/signature';
import { nest } from './nest.ts';

interface OutputHead {
  readonly name: string;
  readonly parameters?: { readonly binary_data_size?: number };
}

/** Sends a request over the Open Inference Protocol with JSON. */
export async function inferJson(
  base: string,
  model: string,
  inputs: readonly Tensor[],
): Promise<readonly Tensor[]> {
  const body = `{"inputs":[${inputs.map(encodeTensor).join()}]}`;
  const answer = await post(`${base}/v2/models/${model}/infer`, Buffer.from(body));
  const { outputs } = JSON.parse(answer.toString()) as { readonly outputs: readonly object[] };
  return outputs.map(decodeTensor);
}

/** Sends a request over the Open Inference Protocol with binary tensors, in both directions. */
export async function inferBinary(
  base: string,
  model: string,
  inputs: readonly Tensor[],
): Promise<readonly Tensor[]> {
  const bodies = inputs.map(encodeBinaryTensor);
  const heads = inputs.map(({ name, datatype, shape }, index) => ({
    ...{ name, datatype, shape },
    parameters: { binary_data_size: bodies[index]?.length },
  }));
  const json = Buffer.from(
    JSON.stringify({ inputs: heads, parameters: { binary_data_output: true } }),
  );
  const url = `${base}/v2/models/${model}/infer`;
  const headers = { 'Inference-Header-Content-Length': String(json.length) };
  const { bytes, headerLength } = await send(url, Buffer.concat([json, ...bodies]), headers);
  const head = JSON.parse(bytes.subarray(0, headerLength).toString()) as {
    readonly outputs: readonly OutputHead[];
  };
  let at = headerLength;
  return head.outputs.map((output) => {
    const size = output.parameters?.binary_data_size ?? 0;
    at += size;
    return decodeBinaryTensor(output, bytes.subarray(at - size, at));
  });
}

/** Sends a request over TensorFlow Serving's protocol, by rows or by columns; gives the numbers of the outputs in their order. */
export async function inferTensorFlowServing(
  base: string,
  model: string,
  inputs: readonly Tensor[],
  byRows: boolean,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const values = inputs.map((tensor): [string, unknown] => [
    tensor.name,
    nest(Array.from(tensor.data, Number), tensor.shape),
  ]);
  const [[, sole] = []] = values;
  const body = byRows ? { instances: sole } : { inputs: Object.fromEntries(values) };
  const url = `${base}/v1/models/${model}:predict`;
  const answer = JSON.parse((await post(url, Buffer.from(JSON.stringify(body)))).toString()) as {
    readonly predictions?: unknown;
    readonly outputs?: unknown;
  };
  const { predictions, outputs = predictions } = answer;
  return typeof outputs === 'object' && outputs !== null && !Array.isArray(outputs)
    ? Object.fromEntries(Object.entries(outputs).map(([name, each]) => [name, numbersIn(each)]))
    : { '': numbersIn(outputs) };
}

/** Sends a request over MLflow's protocol, row by row. */
export async function inferMlflow(base: string, input: Tensor): Promise<readonly number[]> {
  const inputs = nest(Array.from(input.data, Number), input.shape);
  const answer = await post(`${base}/invocations`, Buffer.from(JSON.stringify({ inputs })));
  return numbersIn(
    (JSON.parse(answer.toString()) as { readonly predictions: unknown }).predictions,
  );
}

/** The numbers in lists of lists, in their order. */
function numbersIn(value: unknown): readonly number[] {
  if (Array.isArray(value)) return value.flatMap(numbersIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn);
  return [value as number];
}

async function post(url: string, body: Buffer): Promise<Buffer> {
  const { bytes } = await send(url, body, { 'Content-Type': 'application/json' });
  return bytes;
}

async function send(url: string, body: Buffer, headers: Readonly<Record<string, string>>) {
  const type = { 'Content-Type': 'application/octet-stream', ...headers };
  const response = await fetch(url, { method: 'POST', body, headers: type });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`${response.status}: ${bytes.toString().slice(0, 500)}`);
  const headerLength = Number(response.headers.get('Inference-Header-Content-Length'));
  return { bytes, headerLength };
}

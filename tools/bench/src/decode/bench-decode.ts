import { openInference } from '@fairlead/serving';
import type { Signature } from '@fairlead/signature';

const SHAPE = [1, 224, 224, 3];
const COUNT = 224 * 224 * 3;
const ROUNDS = 40;

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 224, 224, 3] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
};

/** Measures how long the decoding of an image takes, as JSON and as a binary tensor. */
export function benchDecode(print: (line: string) => void): void {
  const data = Float32Array.from({ length: COUNT }, (_, index) => Math.sin(index));
  const tensor = { name: 'x', shape: SHAPE, datatype: 'FP32' };
  const json = Buffer.from(JSON.stringify({ inputs: [{ ...tensor, data: [...data] }] }));
  const parameters = { binary_data_size: data.byteLength };
  const head = Buffer.from(JSON.stringify({ inputs: [{ ...tensor, parameters }] }));
  const binary = Buffer.concat([head, Buffer.from(data.buffer)]);

  const jsonMs = medianOf(json, {});
  const binaryMs = medianOf(binary, { 'inference-header-content-length': String(head.length) });
  print(`Decoding a tensor of FP32 [${SHAPE.join(',')}], the median of ${ROUNDS} rounds.`);
  print('');
  print('| encoding | bytes | ms | JSON ÷ it |');
  print('| --- | ---: | ---: | ---: |');
  print(`| JSON | ${json.length} | ${jsonMs.toFixed(2)} | 1.0 |`);
  const ratio = (jsonMs / binaryMs).toFixed(1);
  print(`| binary | ${binary.length} | ${binaryMs.toFixed(3)} | ${ratio} |`);
}

function medianOf(body: Buffer, headers: Readonly<Record<string, string>>): number {
  const route = openInference().route('/v2/models/m/infer');
  if (route === undefined || !('open' in route)) throw new Error('The path infers nothing');
  const exchange = route.open(headers);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    exchange.decode(body, signature);
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

import type { IncomingMessage } from 'node:http';
import { openInference, type Call, type ModelServer } from '@fairlead/serving';

const SHAPE = [1, 224, 224, 3];
const COUNT = 224 * 224 * 3;
const ROUNDS = 40;

/** How long an image takes to be decoded, as JSON and as a binary tensor. */
export async function benchDecode(print: (line: string) => void): Promise<void> {
  const data = Float32Array.from({ length: COUNT }, (_, index) => Math.sin(index));
  const tensor = { name: 'x', shape: SHAPE, datatype: 'FP32' };
  const json = Buffer.from(JSON.stringify({ inputs: [{ ...tensor, data: [...data] }] }));
  const parameters = { binary_data_size: data.byteLength };
  const head = Buffer.from(JSON.stringify({ inputs: [{ ...tensor, parameters }] }));
  const binary = Buffer.concat([head, Buffer.from(data.buffer)]);

  const jsonMs = await medianOf(json, {});
  const binaryMs = await medianOf(binary, {
    'inference-header-content-length': String(head.length),
  });
  print(`Decoding a tensor of FP32 [${SHAPE.join(',')}], the median of ${ROUNDS} rounds.`);
  print('');
  print('| encoding | bytes | ms | JSON ÷ it |');
  print('| --- | ---: | ---: | ---: |');
  print(`| JSON | ${json.length} | ${jsonMs.toFixed(2)} | 1.0 |`);
  const ratio = (jsonMs / binaryMs).toFixed(1);
  print(`| binary | ${binary.length} | ${binaryMs.toFixed(3)} | ${ratio} |`);
}

async function medianOf(body: Buffer, headers: Record<string, string>): Promise<number> {
  const route = openInference().route('/v2/models/m/infer');
  let decodedMs = NaN;
  const call: Call = {
    // The route asks the server nothing before the request was decoded.
    server: {} as ModelServer,
    req: { headers } as IncomingMessage,
    body,
    infer: (_target, request) => {
      const startedAt = performance.now();
      if (typeof request === 'function') request();
      decodedMs = performance.now() - startedAt;
      return Promise.resolve({ model: 'm', version: '1', outputs: [] });
    },
  };
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await route?.answer(call);
    times.push(decodedMs);
  }
  return times.sort((a, b) => a - b)[ROUNDS / 2] ?? NaN;
}

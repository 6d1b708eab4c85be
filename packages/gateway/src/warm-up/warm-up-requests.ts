import type { LoadedVersion } from '@fairlead/serving';
import { drawTensors, encodeTensor, seededRandom } from '@fairlead/signature';

/** Returns requests for a version, with the headers of several clients: its first golden example, or one row of values that its signature allows. */
export function warmUpRequests(
  { label: { model }, signature, goldenExamples: [golden] }: LoadedVersion,
  key: string | undefined,
): readonly Buffer[] {
  const inputs =
    golden === undefined
      ? drawTensors(signature.inputs, { random: seededRandom(model), lengthOf: () => 1 }).map(
          encodeTensor,
        )
      : golden.inputs.map((tensor) => JSON.stringify(tensor));
  const body = Buffer.from(`{"inputs":[${inputs.join(',')}]}`);
  const length = `content-length: ${body.length}`;
  const type = 'content-type: application/json';
  const authorization = key === undefined ? [] : [`authorization: Bearer ${key}`];
  // Objects of headers in another order have another shape, for which V8 compiles the code again.
  return [
    ['host: localhost', type, ...authorization, length],
    ['host: localhost', ...authorization, type, length],
    ['host: localhost', 'user-agent: warm-up', 'accept: */*', ...authorization, type, length],
    [...authorization, type, length, 'host: localhost', 'connection: keep-alive'],
  ].map((headers) => {
    const path = `/v2/models/${encodeURIComponent(model)}/infer`;
    const head = [`POST ${path} HTTP/1.1`, ...headers].join('\r\n');
    return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
  });
}

import type { Side } from '../servers/side.ts';

const TOLERANCE = 1e-4;

/**
 * Compares a side's answer with that of ONNX Runtime in this process: a server that is fast and wrong has won nothing.
 *
 * @throws Error naming the side, when a number differs by more than 1e-4.
 */
export async function checkAnswer(
  { name, port, path, headers }: Side,
  body: string,
  expected: readonly number[],
): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const answer = numbersOf(await response.json());
  const isRight =
    answer.length === expected.length &&
    answer.every((value, index) => Math.abs(value - (expected[index] ?? NaN)) <= TOLERANCE);
  if (!isRight) throw new Error(`${name} answered ${answer.join(', ')} for ${expected.join(', ')}`);
}

/** The numbers of `outputs[0].data`, of `y`, or of an array: what Open Inference and the servers' own protocols answer. */
function numbersOf(answer: unknown): readonly number[] {
  const { outputs, y } = answer as {
    readonly outputs?: readonly { readonly data: unknown }[];
    readonly y?: unknown;
  };
  return [outputs?.[0]?.data ?? y ?? answer].flat(Infinity) as number[];
}

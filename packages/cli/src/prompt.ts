import { createInterface } from 'node:readline/promises';
import type { ProcessIo } from './process-io.ts';

/** Returns whether a person can answer: input and prompts are those of a terminal. */
export function hasTerminal({ stdin, stderr }: ProcessIo): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Reads a line from the terminal; empty when the input ends. */
export async function prompt({ stdin, stderr }: ProcessIo, question: string): Promise<string> {
  const lines = createInterface({ input: stdin, output: stderr });
  const closed = new AbortController();
  lines.once('close', () => {
    closed.abort();
  });
  try {
    const answer = await lines.question(question, { signal: closed.signal }).catch(() => '');
    return answer.trim();
  } finally {
    lines.close();
  }
}

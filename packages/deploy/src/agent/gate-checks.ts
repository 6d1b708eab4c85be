import { readFile } from 'node:fs/promises';

import type { Gate } from '../release/release-manifest.ts';
import { gateFailed } from './gate-failed.ts';
import { findLoadFailure } from './load-failure.ts';
import { requestLocal } from './local-request.ts';
import { matchesExpected } from './matches-expected.ts';

/** Reason why a release hasn't passed a check. */
export interface Problem {
  readonly reason: string;
  /** `true` for an answer that time doesn't change. */
  readonly isWrongAnswer: boolean;
  /** Model that can't be loaded, with the reason. */
  readonly loadFailure?: string | undefined;
}

/** Makes the checks in order; returns the first problem. */
export async function findProblem({ origin, checks, keyFile }: Gate): Promise<Problem | undefined> {
  const key = keyFile === undefined ? undefined : await readKey(keyFile);
  for (const { path, body, expected } of checks) {
    const answer = await requestLocal(origin, { path, body, key });
    if ('problem' in answer) return waiting(`${path}: ${answer.problem}`);
    const shown = answer.text.slice(0, 200);
    if (answer.status === 503) {
      const failure = await findLoadFailure({ origin, checks }, key);
      if (failure !== undefined) {
        const reason = `${failure.path}: ${failure.reason.slice(0, 400)}`;
        return { ...waiting(reason), loadFailure: failure.reason };
      }
    }
    if (answer.status !== 200) return waiting(`${path}: status ${answer.status}: ${shown}`);
    if (expected === undefined || matchesExpected(parsed(answer.text), expected)) continue;
    const reason = `${path}: the answer is ${shown}, expected ${JSON.stringify(expected).slice(0, 200)}`;
    return { reason, isWrongAnswer: true };
  }
  return undefined;
}

async function readKey(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw gateFailed(`the file of the key for checks can't be read: ${file}`, cause);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Describes a problem that time may solve. */
export function waiting(reason: string): Problem {
  return { reason, isWrongAnswer: false };
}

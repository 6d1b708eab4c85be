import type { Gate } from '../release/release-manifest.ts';
import { requestLocal } from './local-request.ts';

/** Message of `@fairlead/serving` about a model that it tries to load again and again; other reasons, such as an alias that isn't resolved yet, pass. */
const LOAD_FAILURE = /model "[^"]*" version \S+ can't be loaded: .+/s;

/** A model that can't be loaded. */
interface LoadFailure {
  /** Path of the check. */
  readonly path: string;
  /** Message of the service. */
  readonly reason: string;
}

/** Finds a model that can't be loaded among those of the checks: readiness alone doesn't say which one, and why. */
export async function findLoadFailure(
  { origin, checks }: Pick<Gate, 'origin' | 'checks'>,
  key: string | undefined,
): Promise<LoadFailure | undefined> {
  for (const { path, body } of checks) {
    if (body === undefined) continue;
    const answer = await requestLocal(origin, { path, body, key });
    if (!('text' in answer) || answer.status !== 503) continue;
    const [reason] = LOAD_FAILURE.exec(messageOf(answer.text)) ?? [];
    if (reason !== undefined) return { path, reason };
  }
  return undefined;
}

/** Returns the message of an error: the member `error` of the Open Inference Protocol, or `detail` of a problem document. */
function messageOf(text: string): string {
  try {
    const { error, detail } = { ...(JSON.parse(text) as object | null) } as Record<string, unknown>;
    return [error, detail].filter((value) => typeof value === 'string').join(' ');
  } catch {
    return '';
  }
}

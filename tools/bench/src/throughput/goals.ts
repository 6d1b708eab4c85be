import type { LoadResult } from '../servers/load.ts';
import { ratioOf } from './rounds.ts';

/** A goal, and how near to it this run came. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
}

/** The goals that one model at one number of connections is held to; `results` has a row of rounds for each side. */
export function goalsOf(
  model: string,
  connections: number,
  results: readonly (readonly LoadResult[])[],
): readonly Goal[] {
  const side = (name: string): readonly LoadResult[] =>
    results.find(([first]) => first?.side.startsWith(name)) ?? [];
  const ours = side('Fairlead, guarded');
  const faster = (name: string, goal: number): Goal => ({
    what: `${model}, ${connections} connections: requests/s ÷ ${name}`,
    goal: `≥ ${goal}`,
    measured: ratioOf(ours, side(name)).toFixed(2),
  });
  const bothProcesses = (name: string, goal: number): Goal => ({
    what: `${model}, ${connections} connections, 2 processes: requests/s ÷ ${name}`,
    goal: `≥ ${goal}`,
    measured: ratioOf(side('Fairlead, 2 processes'), side(name)).toFixed(2),
  });
  if (model === 'medium' && connections === 64) {
    return [
      faster('Flask + Gunicorn', 6),
      faster('naive Express', 6),
      faster('bare limit', 0.55),
      bothProcesses('Flask + Gunicorn', 6),
      bothProcesses('bare limit', 1),
    ];
  }
  if (model === 'medium' && connections === 1) {
    return [
      {
        what: 'medium, 1 connection: p50 ÷ bare limit',
        goal: '≤ 1.05',
        measured: ratioOf(ours, side('bare limit'), ({ p50Ms }) => p50Ms).toFixed(2),
      },
    ];
  }
  if (model === 'large' && connections === 64) return [faster('Fairlead, unbatched', 8)];
  return [];
}

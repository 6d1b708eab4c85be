import type { LoadResult } from '../servers/load.ts';
import { ratioOf } from '../throughput/rounds.ts';

interface Goal {
  readonly ours: 'Fairlead, 1 process' | 'Fairlead, 2 processes';
  readonly side: string;
  /** At least this many times the requests a second of the side. */
  readonly atLeast?: number;
  /** At most this many times the p50 of the side. */
  readonly p50AtMost?: number;
}

const ONE = 'Fairlead, 1 process';
const TWO = 'Fairlead, 2 processes';

const goals: Readonly<Record<string, readonly Goal[]>> = {
  'medium, 64': [
    { ours: TWO, side: 'bare limit', atLeast: 1 },
    { ours: TWO, side: 'FastAPI + orjson', atLeast: 2.5 },
    { ours: TWO, side: 'Flask + Gunicorn', atLeast: 6 },
    { ours: ONE, side: 'bare limit', atLeast: 0.7 },
  ],
  'tiny, 64': [{ ours: TWO, side: 'FastAPI + orjson', atLeast: 2.5 }],
  'cnn, 64': [{ ours: TWO, side: 'FastAPI + orjson', atLeast: 1.5 }],
  'medium, 1': [
    { ours: ONE, side: 'FastAPI + orjson', p50AtMost: 0.9 },
    { ours: ONE, side: 'bare limit', p50AtMost: 1.05 },
  ],
};

/** Describes which goals this run met, and which peers were ahead; `results` has a row of rounds for each side. */
export function peerGoals(
  model: string,
  connections: number,
  results: readonly (readonly LoadResult[])[],
): readonly string[] {
  const named = (name: string): readonly LoadResult[] =>
    results.find(([first]) => first?.side === name) ?? [];
  const lines = (goals[`${model}, ${connections}`] ?? []).map(
    ({ ours, side, atLeast, p50AtMost }) => {
      const isLatency = p50AtMost !== undefined;
      const measured = isLatency
        ? ratioOf(named(ours), named(side), ({ p50Ms }) => p50Ms)
        : ratioOf(named(ours), named(side));
      const met = isLatency ? measured <= p50AtMost : measured >= (atLeast ?? 0);
      const what = isLatency ? `p50 ≤ ${p50AtMost}` : `requests/s ≥ ${atLeast ?? 0}`;
      return `- ${ours}: ${what} × ${side}: ${measured.toFixed(2)}, ${met ? 'met' : 'missed'}`;
    },
  );
  const ahead = results.slice(3).flatMap((rounds) => {
    const best = Math.max(ratioOf(named(ONE), rounds), ratioOf(named(TWO), rounds));
    return best < 1 ? [`${rounds[0]?.side ?? ''} (Fairlead answers ${best.toFixed(2)} ×)`] : [];
  });
  return [...lines, `- ahead of Fairlead: ${ahead.length === 0 ? 'no peer' : ahead.join(', ')}`];
}

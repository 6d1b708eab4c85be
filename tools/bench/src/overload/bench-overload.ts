import { percentile } from '../percentile.ts';
import { load, requireWrk } from '../servers/load.ts';
import { benchModels, requestOf } from '../servers/models.ts';
import type { Side } from '../servers/side.ts';
import { fairlead } from '../servers/sides.ts';
import { openLoad } from './open-load.ts';

const DEADLINE_SECONDS = 1;
const RATES = [0.5, 0.8, 1, 1.5, 3];

interface ModelStats {
  readonly inference_stats: { readonly success: { readonly count: number } };
  readonly batch_stats: readonly {
    readonly batch_size: number;
    readonly compute_infer: { readonly count: number };
  }[];
}

/** Share of requests that are answered in time when clients send more than the server can compute. */
export async function benchOverload(
  { seconds, folder }: { readonly seconds: number; readonly folder: string },
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const model = benchModels(folder).find(({ name }) => name === 'large');
  if (model === undefined) throw new Error('The benchmark has no model "large"');
  const body = requestOf(model);
  // As many may wait as are answered within the deadline; more would only wait until their deadline. Rejections are not logged.
  const settings = { FAIRLEAD_MAX_QUEUED: '256', FAIRLEAD_LOG_LEVEL: 'error' };
  const side = await fairlead('Fairlead', settings)(model, folder);
  try {
    await load(side, body, { connections: 16, seconds: 2, folder });
    const { requestsPerSecond: capacity } = await load(side, body, {
      connections: 64,
      seconds,
      folder,
    });
    print(
      `Overload: model large, ${capacity.toFixed(0)} requests/s with 64 connections; then at fixed rates for ${seconds} s, each with a deadline of ${DEADLINE_SECONDS} s.`,
    );
    print('');
    print(
      '| offered/s | × capacity | in time/s | ÷ peak | refused (503) | their p99 ms | late (504) | no answer | rows executed, not answered |',
    );
    print('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
    const timed: Side = {
      ...side,
      headers: { ...side.headers, 'Request-Timeout': String(DEADLINE_SECONDS) },
    };
    let peak = 0;
    for (const rate of RATES) {
      const before = await readStats(side);
      const perSecond = capacity * rate;
      const answers = await openLoad(timed, body, { perSecond, seconds });
      const after = await readStats(side);
      const count = (status: number): number =>
        answers.filter((answer) => answer.status === status).length;
      const goodput = count(200) / seconds;
      peak = Math.max(peak, goodput);
      const refused = answers.filter(({ status }) => status === 503).map((each) => each.durationMs);
      const wasted = after.rows - before.rows - (after.successes - before.successes);
      const cells = [
        perSecond.toFixed(0),
        rate.toFixed(1),
        goodput.toFixed(0),
        (goodput / peak).toFixed(2),
        String(refused.length),
        refused.length === 0 ? '' : percentile(refused, 0.99).toFixed(1),
        String(count(504)),
        String(count(0)),
        String(wasted),
      ];
      print(`| ${cells.join(' | ')} |`);
    }
  } finally {
    await side.stop();
  }
}

async function readStats({ port, headers }: Side): Promise<{ rows: number; successes: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/v2/models/m/stats`, { headers });
  const { model_stats: stats } = (await response.json()) as { model_stats: [ModelStats] };
  const [{ inference_stats: inference, batch_stats: batches }] = stats;
  const rows = batches.reduce((sum, each) => sum + each.batch_size * each.compute_infer.count, 0);
  return { rows, successes: inference.success.count };
}

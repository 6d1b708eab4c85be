import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { captureRequests, signature } from './captured-requests.ts';
import { type Place, run } from './fairlead.ts';
import { affine } from './models.ts';

/** Rows of each request. */
const ROWS = 2;

/**
 * A registry with version 1 of `churn` as its champion, and captured requests of it in `captured`; the first `labeled` of them have labels.
 */
export async function prepareRetraining(
  place: Place,
  { requests, labeled }: { readonly requests: number; readonly labeled: number },
): Promise<void> {
  const { folder } = place;
  mkdirSync(join(folder, 'registry'), { recursive: true });
  writeFileSync(join(folder, 'churn.json'), JSON.stringify({ signature }));
  const call = async (...args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await run(place, ...args);
    if (exitCode !== 0) throw new Error(`fairlead ${args.join(' ')}: ${stderr}`);
  };
  await call(
    'model',
    'push',
    'churn',
    affine,
    '--metadata',
    'churn.json',
    '--metric',
    'accuracy=0.9',
  );
  await call('model', 'promote', 'churn', '1');
  const at = Date.now() - 3_600_000;
  await captureRequests(
    folder,
    { model: 'churn', version: '1' },
    Array.from({ length: requests }, (_, index) => ({ id: `r${index}`, at: at + index })),
  );
  const lines = Array.from({ length: labeled * ROWS }, (_, index) =>
    [`r${Math.floor(index / ROWS)}`, index % ROWS, index % 3 === 0 ? 'leaves' : 'stays'].join(','),
  );
  writeFileSync(join(folder, 'labels.csv'), ['request_id,row,label', ...lines].join('\n'));
  await call('labels', 'import', 'churn', 'labels.csv');
}

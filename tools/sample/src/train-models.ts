import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { SampleError } from './sample-error.ts';

/**
 * Trains the sample models and exports them, unless that was done already; `signal` ends the training.
 *
 * @throws SampleError with the last lines of what the training printed.
 */
export async function trainModels(
  root: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(
    join(root, '.venv/bin/python'),
    ['-m', 'fairlead_flask_model.train', '--out', folder],
    {
      env: { ...process.env, PYTHONPATH: join(root, 'apps/flask-model/src') },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    },
  );
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0)
    throw new SampleError(`Training failed (exit code ${code ?? 'none'}):\n${output}`);
}

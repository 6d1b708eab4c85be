import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { SampleError } from './sample-error.ts';

/**
 * Trains and exports the sample models, unless an earlier run did; `signal` ends the training.
 *
 * @throws SampleError with the last lines of output of the training.
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
  const append = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', append);
  child.stderr.on('data', append);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0)
    throw new SampleError(`Training failed (exit code ${code ?? 'none'}):\n${output}`);
}

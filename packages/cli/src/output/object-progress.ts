import type { ProcessIo } from '../process-io.ts';
import { ProgressLine } from './progress-line.ts';

/** Shows a count of processed objects while `work` runs. */
export async function withObjectProgress<T>(
  io: ProcessIo,
  verb: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(io);
  try {
    return await work((done, total) => {
      line.show(`${verb}: ${done} of ${total} objects`);
    });
  } finally {
    line.clear();
  }
}

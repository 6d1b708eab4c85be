import type { ProcessIo } from '../process-io.ts';
import { ProgressLine } from './progress-line.ts';

/** Shows how many objects are done while `work` goes on. */
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

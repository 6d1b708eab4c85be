import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isJobId } from '../queue/job-identity.ts';
import type { JobOrder } from '../job/job.ts';
import { unpackHead } from '../queue/packed-record.ts';
import { namesIn, readStart } from './durable-file.ts';
import type { JobFolder } from './job-folder.ts';

/** Orders that a crash cut off before they were queued. */
export class Orphans {
  readonly #folder: JobFolder;
  #seen: ReadonlySet<string> = new Set();

  constructor(folder: JobFolder) {
    this.#folder = folder;
  }

  /** Queues those that were seen at the last call already, and still wait nowhere. */
  async adopt(): Promise<void> {
    const ids = (await namesIn(this.#folder.orders)).filter(isJobId);
    const { waiting, claimed } = await this.#folder.runs.list();
    const known = new Set([...waiting, ...claimed].map(({ id }) => id));
    const orphans = new Set(ids.filter((id) => !known.has(id)));
    for (const id of orphans) if (this.#seen.has(id)) await this.queueAgain(id);
    this.#seen = orphans;
  }

  /** Queues an order; one that is queued already stays as it is. */
  async queueAgain(id: string): Promise<void> {
    const file = join(this.#folder.orders, id);
    const stats = await lstat(file).catch(() => undefined);
    const start = await readStart(file);
    if (stats === undefined || start === undefined) return;
    const { createdAtMs } = unpackHead(start) as JobOrder;
    await this.#folder.runs.add(id, file, stats.size, createdAtMs);
  }
}

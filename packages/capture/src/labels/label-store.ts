import { randomBytes } from 'node:crypto';
import { checkInteger, checkOptions, invalidOption } from '../check-options.ts';
import type { CaptureObjects } from '../objects/capture-objects.ts';
import { rewriteObject } from '../objects/rewrite-object.ts';
import { checkRows, type Label, storedLabel, type StoredLabel } from './label.ts';
import { labelDay, labelLines, listLabels, parseLabel } from './label-objects.ts';

/** Options of {@link LabelStore}. */
export interface LabelStoreOptions {
  readonly objects: CaptureObjects;
  /**
   * Labels that are added within so long become one object, in milliseconds.
   * @defaultValue 100
   */
  readonly batchMs?: number | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/** Labels of a model. */
export interface ReadLabels {
  /** One for each row of a request: the one that was observed last, of equal times the one that was received last. */
  readonly labels: readonly StoredLabel[];
  /** Labels that another one of the same row replaced. */
  readonly duplicates: number;
  /** Lines that can't be read. */
  readonly invalid: number;
}

interface Batch {
  readonly lines: string[];
  readonly stored: Promise<void>;
}

/**
 * Stores labels that arrive late, beside the captured requests: `labels/model=churn/date=2026-11-28/….jsonl`, one object for each
 * batch, never changed but by a deletion.
 *
 * @throws CaptureError `ERR_CAPTURE_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { captureFolder, LabelStore } from '@fairlead/capture';
 *
 * const store = new LabelStore({ objects: captureFolder('./labeled') });
 * await store.add('churn', [{ requestId: 'a1', label: 'stays' }]);
 * await store.add('churn', [{ requestId: 'a1', label: 'leaves' }, { requestId: 'a2', label: 'stays' }]);
 * const { labels, duplicates } = await store.read('churn');
 * console.log(labels.map(({ label }) => label), duplicates); // [ 'leaves', 'stays' ] 1
 * ```
 */
export class LabelStore {
  readonly #objects: CaptureObjects;
  readonly #batchMs: number;
  readonly #now: () => number;
  readonly #batches = new Map<string, Batch>();

  constructor(options: LabelStoreOptions) {
    const names = { objects: 'required', batchMs: 'optional', now: 'optional' } as const;
    const { objects, batchMs = 100, now = Date.now } = checkOptions('LabelStore', options, names);
    this.#objects = objects;
    this.#batchMs = checkInteger('LabelStore: batchMs', batchMs, 0, 60_000);
    this.#now = now;
  }

  /**
   * Adds labels, all or none; they are durable when it resolves.
   *
   * @throws CaptureError `ERR_CAPTURE_LABEL_INVALID`, `ERR_CAPTURE_STORE_FAILED`
   */
  async add(model: string, labels: readonly Label[]): Promise<void> {
    if (typeof model !== 'string' || model === '') {
      throw invalidOption('LabelStore.add: model must be the name of a model.');
    }
    const receivedAt = this.#now();
    const lines = labels.map((label, index) =>
      JSON.stringify(storedLabel(label, index, receivedAt)),
    );
    checkRows(labels);
    if (lines.length === 0) return;
    const batch = this.#batches.get(model) ?? this.#beginBatch(model);
    for (const line of lines) batch.lines.push(line);
    await batch.stored;
  }

  /** Reads the labels of a model into memory; for many of them let DuckDB read the objects. */
  async read(model: string): Promise<ReadLabels> {
    const last = new Map<string, StoredLabel>();
    let duplicates = 0;
    let invalid = 0;
    for await (const { key } of listLabels(this.#objects, model)) {
      const object = await this.#objects.read(key);
      for (const line of labelLines(object?.body ?? new Uint8Array(0))) {
        const label = parseLabel(line);
        if (label === undefined) {
          invalid += 1;
          continue;
        }
        const row = `${label.row} ${label.request_id}`;
        const before = last.get(row);
        if (before !== undefined) duplicates += 1;
        if (before === undefined || !isOlder(label, before)) last.set(row, label);
      }
    }
    return { labels: [...last.values()], duplicates, invalid };
  }

  /** Removes the labels of requests, of one model or all; resolves to their number. */
  async delete(requestIds: readonly string[], model?: string): Promise<number> {
    const ids = new Set(requestIds);
    let removed = 0;
    for await (const { key } of listLabels(this.#objects, model)) {
      removed += await rewriteObject(this.#objects, key, (body) => {
        const lines = labelLines(body);
        const rest = lines.filter((line) => !ids.has(parseLabel(line)?.request_id ?? ''));
        const text = rest.map((line) => `${line}\n`).join('');
        return {
          removed: lines.length - rest.length,
          body: rest.length === 0 ? undefined : new TextEncoder().encode(text),
        };
      });
    }
    await this.#objects.sweep();
    return removed;
  }

  /** Removes labels that were received on a day of UTC that ended before a time, in milliseconds since the epoch; resolves to the number of objects. */
  async prune(before: number, model?: string): Promise<number> {
    let removed = 0;
    for await (const { key, endsAt } of listLabels(this.#objects, model)) {
      if (endsAt > before) continue;
      await this.#objects.remove(key);
      removed += 1;
    }
    return removed;
  }

  #beginBatch(model: string): Batch {
    const lines: string[] = [];
    const stored = new Promise<void>((resolve) => {
      setTimeout(resolve, this.#batchMs);
    }).then(async () => {
      this.#batches.delete(model);
      const now = this.#now();
      const name = `${now.toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`;
      const body = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
      // An object of this name is from an earlier attempt of the client of the store.
      await this.#objects.create(`${labelDay(model, now)}/${name}.jsonl`, body);
    });
    const batch = { lines, stored };
    this.#batches.set(model, batch);
    return batch;
  }
}

function isOlder(label: StoredLabel, than: StoredLabel): boolean {
  if (label.observed_at !== than.observed_at) return label.observed_at < than.observed_at;
  return label.received_at < than.received_at;
}

import { describeValue } from '@fairlead/signature';
import { invalidOption } from '../check-options.ts';
import { DriftError } from '../drift-error.ts';
import type { DriftVerdict, WatchedVersion } from './drift-verdict.ts';
import { encodeVerdict, MAX_VERDICT_BYTES, parseVerdict } from './verdict-document.ts';
import type { VerdictObjects } from './verdict-objects.ts';

/** Spans that are judged at once. */
export type WatchUnit = 'hour' | 'day';

/** Length of each unit in milliseconds. */
export const UNIT_MS = { hour: 3_600_000, day: 86_400_000 } as const;

/** Invalid verdicts that are passed over in search of the newest valid one. */
const MAX_INVALID = 8;
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/u;
const DATE = /^\d{4}-\d{2}-\d{2}$/u;
const NAME = /^(\d{2})\.json$/u;

/** Verdicts on the versions of models, one object for each hour or day: `drift/churn/3/hour/2026-11-28/16.json`. */
export class VerdictLog {
  readonly #objects: VerdictObjects;
  readonly #unit: WatchUnit;
  readonly #onError: (error: unknown) => void;

  constructor(objects: VerdictObjects, unit: WatchUnit, onError: (error: unknown) => void) {
    this.#objects = objects;
    this.#unit = unit;
    this.#onError = onError;
  }

  /** Key of the verdict on the hour or day that begins at `from`. */
  keyOf(version: WatchedVersion, from: number): string {
    const time = new Date(from).toISOString();
    return `${this.#folderOf(version)}/${time.slice(0, 10)}/${time.slice(11, 13)}.json`;
  }

  /**
   * Stores a verdict unless there is one on its span.
   *
   * @returns the stored verdict, and whether it is this one
   * @throws DriftError `ERR_DRIFT_VERDICT_INVALID` for a stored verdict that can't be read
   */
  async create(
    verdict: DriftVerdict,
  ): Promise<{ readonly verdict: DriftVerdict; readonly created: boolean }> {
    const key = this.keyOf(verdict, verdict.from);
    if (await this.#objects.create(key, encodeVerdict(verdict))) return { verdict, created: true };
    const stored = await this.#read(verdict, verdict.from);
    if (stored !== undefined) return { verdict: stored, created: false };
    throw new DriftError(
      'ERR_DRIFT_VERDICT_INVALID',
      `${key} exists, but can't be read. Check the permissions of the store.`,
    );
  }

  /** Newest valid verdict on a span that begins before `before`, in milliseconds; one that is invalid is reported. */
  async newest(version: WatchedVersion, before: number): Promise<DriftVerdict | undefined> {
    let invalid = 0;
    for await (const from of this.#begins(version)) {
      if (from >= before) continue;
      try {
        const verdict = await this.#read(version, from);
        if (verdict !== undefined) return verdict;
      } catch (error) {
        if (!(error instanceof DriftError)) throw error;
        this.#onError(error);
        invalid += 1;
        if (invalid === MAX_INVALID) return undefined;
      }
    }
    return undefined;
  }

  /** Begins of the spans with a verdict, the newest first. */
  async *#begins(version: WatchedVersion): AsyncGenerator<number> {
    const folder = this.#folderOf(version);
    const dates = (await this.#objects.list(folder)).filter(({ name }) => DATE.test(name));
    for (const { name: date } of dates.sort(descending)) {
      const names = [...(await this.#objects.list(`${folder}/${date}`))].sort(descending);
      for (const { name } of names) {
        const from = Date.parse(`${date}T${NAME.exec(name)?.[1] ?? 'none'}:00:00Z`);
        if (!Number.isNaN(from)) yield from;
      }
    }
  }

  async #read(version: WatchedVersion, from: number): Promise<DriftVerdict | undefined> {
    const key = this.keyOf(version, from);
    const bytes = await this.#objects.read(key, { maxBytes: MAX_VERDICT_BYTES });
    if (bytes === undefined) return undefined;
    const verdict = parseVerdict(bytes, key);
    if (verdict.from === from && this.keyOf(verdict, from) === key) return verdict;
    throw new DriftError(
      'ERR_DRIFT_VERDICT_INVALID',
      `${key}: it is the verdict on ${verdict.model} version ${verdict.version}, ${new Date(verdict.from).toISOString()}. Remove the object.`,
    );
  }

  #folderOf({ model, version }: WatchedVersion): string {
    for (const [name, value] of Object.entries({ model, version })) {
      if (SEGMENT.test(value)) continue;
      throw invalidOption(
        `the ${name} ${describeValue(value)} can't be part of a key; it may have letters, digits, ".", "_" and "-".`,
      );
    }
    return `drift/${model}/${version}/${this.#unit}`;
  }
}

const descending = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? 1 : -1;

import { randomBytes } from 'node:crypto';
import { invalidOption } from '../check-options.ts';
import { encodeWindow } from '../window/window-document.ts';
import type { Window, WindowLabel } from '../window/window.ts';
import { inParallel } from './in-parallel.ts';
import { DAY_MS, HOUR_MS, hourFolder, isKeySegment, WINDOWS, windowName } from './window-key.ts';
import { WindowReader } from './window-reader.ts';
import { type WaitingWindows, WindowSpool } from './window-spool.ts';
import { checkStoreOptions, type WindowStoreOptions } from './window-store-options.ts';
import { WindowUploads } from './window-uploads.ts';

/** Hours or days that are read at once, each with up to 32 requests. */
const PARALLEL_PARTS = 4;

/** Length of the windows that {@link WindowStore.read} resolves to; `slot` is that of the recorders. */
export type WindowUnit = 'slot' | 'hour' | 'day';

/** Span of time to read. */
export interface WindowSpan {
  /** Begin in milliseconds since the epoch, of an hour of UTC, or a day of UTC with the unit `day`. */
  readonly from: number;
  /** End, which isn't part of the span, in milliseconds since the epoch. */
  readonly to: number;
  readonly unit: WindowUnit;
}

/**
 * Store of the windows of a fleet, in a folder or bucket beside the models: every recorder writes its own objects, once, and
 * readers merge them. {@link openWindowStore} opens one.
 */
export class WindowStore {
  readonly #options: ReturnType<typeof checkStoreOptions>;
  readonly #spool: WindowSpool | undefined;
  readonly #uploads: WindowUploads;
  readonly #reader: WindowReader;
  /** Names this process in keys: a repeated write of one of its windows finds its own object. */
  readonly #writer = randomBytes(6).toString('hex');
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @internal */
  constructor(options: WindowStoreOptions) {
    this.#options = checkStoreOptions(options);
    const { objects, spoolFolder, maxSpoolBytes, onError, timeoutMs } = this.#options;
    this.#spool =
      spoolFolder === undefined ? undefined : new WindowSpool(spoolFolder, maxSpoolBytes);
    this.#uploads = new WindowUploads({ objects, spool: this.#spool, timeoutMs, onError });
    this.#reader = new WindowReader(this.#options);
  }

  /** @internal Creates the spool folder, and stores what an earlier process left in it. */
  async open(): Promise<this> {
    if (this.#spool === undefined) return this;
    await this.#spool.open();
    const drain = (): void => {
      void this.#uploads.drain();
    };
    drain();
    this.#timer = setInterval(drain, this.#options.retryMs).unref();
    return this;
  }

  /**
   * Stores a window of a recorder; while the store is away, in the spool folder.
   *
   * @throws Error when the window is lost: the store fails, and there is no spool folder or it is full
   */
  async add(window: Window): Promise<void> {
    const number = this.#count;
    this.#count += 1;
    const name = windowName(window.from, this.#writer, number);
    const key = `${hourFolder(window, window.from)}/${name}`;
    const body = new TextEncoder().encode(encodeWindow(window));
    await this.#uploads.add({ key, body }, window.from);
  }

  /**
   * Reads the windows of a version in a span, merged over the fleet: one for each hour or day in which there were any, and for
   * each variant, ordered by time; with the unit `slot` one for each host and slot. An invalid object is left out, and reported to `onError`.
   *
   * @throws WindowsError `ERR_WINDOWS_INVALID_OPTION` for a span that doesn't begin and end with the unit; errors of the store
   */
  async read(label: WindowLabel, { from, to, unit }: WindowSpan): Promise<readonly Window[]> {
    const lengthMs = unit === 'day' ? DAY_MS : HOUR_MS;
    if (!(to >= from) || from % lengthMs !== 0 || to % lengthMs !== 0) {
      throw invalidOption(
        `WindowStore.read: from and to must be begins of ${unit === 'day' ? 'a day' : 'an hour'} of UTC in milliseconds, in this order, got ${from} and ${to}.`,
      );
    }
    const starts = Array.from(
      { length: (to - from) / lengthMs },
      (_, index) => from + index * lengthMs,
    );
    const read = (start: number): Promise<readonly Window[]> => {
      if (unit === 'day') return this.#reader.day(label, start);
      return unit === 'hour' ? this.#reader.hour(label, start) : this.#reader.slots(label, start);
    };
    const windows = await inParallel(starts, read, PARALLEL_PARTS);
    const { variant } = label;
    const all = windows.flat();
    return variant === undefined ? all : all.filter((window) => window.variant === variant);
  }

  /** Lists the versions that have windows. */
  async versions(): Promise<readonly WindowLabel[]> {
    const { objects } = this.#options;
    const folders = async (key: string): Promise<readonly string[]> => {
      const entries = await objects.list(key);
      return entries
        .filter(({ name, kind }) => kind === 'folder' && isKeySegment(name))
        .map(({ name }) => name);
    };
    const models = await inParallel(await folders(WINDOWS), async (model) => {
      const versions = await folders(`${WINDOWS}/${model}`);
      return versions.map((version) => ({ model, version }));
    });
    return models.flat();
  }

  /** Counts the windows in the spool folder, those of other processes of the host included; none without a spool folder. */
  async waiting(): Promise<WaitingWindows> {
    return this.#spool === undefined ? { windows: 0, bytes: 0 } : this.#spool.waiting();
  }

  /** Tries once more to store what waits; the rest stays in the spool folder for the next process. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#spool !== undefined) await this.#uploads.drain();
  }
}

/**
 * Opens the windows in the store of a registry.
 *
 * @throws WindowsError `ERR_WINDOWS_INVALID_OPTION`; errors of the spool folder, which must be writable
 *
 * @example
 * ```ts
 * import { emptyWindow, openWindowStore, type WindowObjects } from '@fairlead/windows';
 *
 * // In place of `folderStore` or `s3Store` of @fairlead/registry.
 * const bodies = new Map<string, Uint8Array>();
 * const objects: WindowObjects = {
 *   create: async (key, body) => !bodies.has(key) && bodies.set(key, body).size > 0,
 *   read: async (key) => bodies.get(key),
 *   list: async (folder) =>
 *     [...bodies.keys()]
 *       .filter((key) => key.startsWith(`${folder}/`))
 *       .map((key) => ({ name: key.slice(folder.length + 1), kind: 'object' })),
 * };
 * const store = await openWindowStore({ objects });
 * const label = { model: 'churn', version: '3' };
 * await store.add({ ...emptyWindow(label, 0, 300_000), requests: 40 });
 * await store.add({ ...emptyWindow(label, 300_000, 600_000), requests: 2 });
 * const [hour] = await store.read(label, { from: 0, to: 3_600_000, unit: 'hour' });
 * console.log(hour?.requests, hour?.windows); // 42 2
 * await store.close();
 * ```
 */
export async function openWindowStore(options: WindowStoreOptions): Promise<WindowStore> {
  return new WindowStore(options).open();
}

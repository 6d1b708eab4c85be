import { parseWindow } from '../window/window-document.ts';
import type { Window, WindowLabel } from '../window/window.ts';
import { WindowsError } from '../windows-error.ts';
import { groupWindows } from './group-windows.ts';
import { inParallel } from './in-parallel.ts';
import { encodeRollUp, MAX_ROLL_UP_BYTES, parseRollUp, type RollUp } from './roll-up.ts';
import {
  DAY_MS,
  dayFolder,
  HOUR_MS,
  hourFolder,
  hourName,
  rollUpGeneration,
  rollUpName,
  windowOffset,
} from './window-key.ts';
import type { WindowObjectEntry, WindowObjects } from './window-objects.ts';

const MAX_WINDOW_BYTES = 16 * 1024 * 1024;
/** A roll-up that exists is replaced by a later one when so many windows came after it. */
const MIN_LATE = 16;

/** Windows that are held in memory until they are merged. */
const BATCH = 64;
/** Hours that are read at once. */
const PARALLEL_HOURS = 4;

/** Options of a {@link WindowReader}. */
export interface WindowReaderOptions {
  readonly objects: WindowObjects;
  /** Roll-ups are made so long after the end of an hour or day, in milliseconds. */
  readonly graceMs: number;
  readonly rollUp: boolean;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Windows of a part of a day, merged, with the names of those that could be read. */
interface Part {
  readonly names: Map<string, ReadonlySet<string>>;
  readonly windows: readonly Window[];
}

const NOTHING: Part = { names: new Map(), windows: [] };

/** Reads windows of a version from a store, by hour and day, and makes roll-ups of what has ended. */
export class WindowReader {
  readonly #options: WindowReaderOptions;

  constructor(options: WindowReaderOptions) {
    this.#options = options;
  }

  /** Windows of an hour as they were stored, one for each host and slot. */
  async slots(label: WindowLabel, hour: number): Promise<readonly Window[]> {
    const folder = hourFolder(label, hour);
    const names = windowNames(await this.#options.objects.list(folder));
    const read = await inParallel(names, (name) => this.#readWindow(label, hour, name));
    return read.flat();
  }

  /** Windows of an hour, one for each variant. */
  async hour(label: WindowLabel, hour: number): Promise<readonly Window[]> {
    const part = await this.#hour(label, hour);
    return part.windows;
  }

  /** Windows of a day, one for each variant. */
  async day(label: WindowLabel, day: number): Promise<readonly Window[]> {
    const folder = dayFolder(label, day);
    const entries = await this.#options.objects.list(folder);
    const { generation, rollUp } = await this.#rollUp(label, folder, entries);
    const hours = Array.from({ length: 24 }, (_, index) => day + index * HOUR_MS);
    const stored = hours.filter((hour) =>
      entries.some(({ name, kind }) => kind === 'folder' && name === hourName(hour)),
    );
    const parts = await inParallel(
      stored,
      (hour) => (generation === 0 ? this.#hour(label, hour) : this.#late(label, hour, rollUp)),
      PARALLEL_HOURS,
    );
    return this.#merge(folder, day + DAY_MS, generation, [rollUp, ...parts]);
  }

  async #hour(label: WindowLabel, hour: number): Promise<Part> {
    const folder = hourFolder(label, hour);
    const entries = await this.#options.objects.list(folder);
    const { generation, rollUp } = await this.#rollUp(label, folder, entries);
    const late = await this.#read(label, hour, windowNames(entries), rollUp);
    const names = mergeNames([rollUp, late]);
    const windows = await this.#merge(folder, hour + HOUR_MS, generation, [rollUp, late]);
    return { names, windows };
  }

  /** Windows of an hour that the roll-up of its day doesn't hold. */
  async #late(label: WindowLabel, hour: number, rollUp: RollUp): Promise<Part> {
    const entries = await this.#options.objects.list(hourFolder(label, hour));
    return this.#read(label, hour, windowNames(entries), rollUp);
  }

  async #read(
    label: WindowLabel,
    hour: number,
    names: readonly string[],
    rollUp: RollUp,
  ): Promise<Part> {
    const known = rollUp.names.get(hourName(hour));
    const fresh = names.filter((name) => known?.has(name) !== true);
    const found = new Set<string>();
    let windows: readonly Window[] = [];
    for (let start = 0; start < fresh.length; start += BATCH) {
      const batch = fresh.slice(start, start + BATCH);
      const read = await inParallel(batch, async (name) => {
        const window = await this.#readWindow(label, hour, name);
        if (window.length > 0) found.add(name);
        return window;
      });
      windows = groupWindows([...windows, ...read.flat()]);
    }
    return { names: new Map(found.size === 0 ? [] : [[hourName(hour), found]]), windows };
  }

  /** Merges parts, and makes a roll-up of them when their time has ended. */
  async #merge(
    folder: string,
    endsAt: number,
    generation: number,
    [rollUp = NOTHING, ...late]: readonly RollUp[],
  ): Promise<readonly Window[]> {
    const windows = groupWindows([rollUp, ...late].flatMap((part) => part.windows));
    const lateNames = late.flatMap(({ names }) => [...names.values()].map(({ size }) => size));
    const count = lateNames.reduce((sum, size) => sum + size, 0);
    const { now, graceMs } = this.#options;
    const enough = count >= (generation === 0 ? 2 : MIN_LATE);
    if (this.#options.rollUp && enough && now() >= endsAt + graceMs) {
      const names = mergeNames([rollUp, ...late]);
      await this.#create(`${folder}/${rollUpName(generation + 1)}`, { names, windows });
    }
    return windows;
  }

  /** Another reader may create it first: both are right, with the windows that each knows. */
  async #create(key: string, rollUp: RollUp): Promise<void> {
    try {
      const bytes = encodeRollUp(rollUp);
      // Sums beyond 2^53, which only wrong windows have, can't be read: each reader would write another one.
      parseRollUp(bytes, key);
      await this.#options.objects.create(key, bytes);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Reads the last roll-up of a folder that is valid; the generation is the highest that exists. */
  async #rollUp(
    label: WindowLabel,
    folder: string,
    entries: readonly WindowObjectEntry[],
  ): Promise<{ readonly generation: number; readonly rollUp: RollUp }> {
    const generations = entries
      .flatMap(({ name }) => rollUpGeneration(name) ?? [])
      .sort((left, right) => right - left);
    for (const each of generations) {
      const key = `${folder}/${rollUpName(each)}`;
      const bytes = await this.#options.objects.read(key, { maxBytes: MAX_ROLL_UP_BYTES });
      try {
        if (bytes !== undefined) {
          const rollUp = parseRollUp(bytes, key);
          for (const window of rollUp.windows) checkLabel(window, label, key);
          return { generation: generations[0] ?? 0, rollUp };
        }
      } catch (error) {
        this.#options.onError(error);
      }
    }
    return { generation: generations[0] ?? 0, rollUp: NOTHING };
  }

  /** Reads a window; one that is invalid is reported and left out, and no roll-up will hold it. */
  async #readWindow(label: WindowLabel, hour: number, name: string): Promise<readonly Window[]> {
    const key = `${hourFolder(label, hour)}/${name}`;
    const bytes = await this.#options.objects.read(key, { maxBytes: MAX_WINDOW_BYTES });
    if (bytes === undefined) return [];
    try {
      const window = parseWindow(bytes, key);
      checkPosition(window, label, hour + (windowOffset(name) ?? 0), key);
      return [window];
    } catch (error) {
      this.#options.onError(error);
      return [];
    }
  }
}

function windowNames(entries: readonly WindowObjectEntry[]): readonly string[] {
  return entries
    .filter(({ name, kind }) => kind === 'object' && windowOffset(name) !== undefined)
    .map(({ name }) => name);
}

function mergeNames(parts: readonly RollUp[]): Map<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const [hour, each] of parts.flatMap((part) => [...part.names])) {
    names.set(hour, new Set([...(names.get(hour) ?? []), ...each]));
  }
  return names;
}

/** Rejects a window of another version than that of its folder. */
function checkLabel(window: Window, { model, version }: WindowLabel, key: string): void {
  if (window.model === model && window.version === version) return;
  throw misplaced(window, key);
}

/** Rejects a window that is stored as one of another version or time. */
function checkPosition(window: Window, label: WindowLabel, from: number, key: string): void {
  checkLabel(window, label, key);
  if (window.from !== from) throw misplaced(window, key);
}

function misplaced({ model, version, from }: Window, key: string): WindowsError {
  return new WindowsError(
    'ERR_WINDOWS_WINDOW_INVALID',
    `${key}: the window is of ${model} version ${version} from ${new Date(from).toISOString()}, which the key is not. Remove the object.`,
  );
}

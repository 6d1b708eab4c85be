import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  linkIfAbsent,
  makeFolder,
  namesIn,
  removeIfPresent,
  renameIfPresent,
} from './durable-file.ts';

const TIME_DIGITS = 15;

/** An entry that this process has claimed. */
export interface LeasedEntry {
  readonly id: string;
  /** How often it was claimed, this time included. */
  readonly attempt: number;
  /** Holds it for another lease; false when it is somebody else's by now. */
  extend(): Promise<boolean>;
  /** Puts it back; false when it is somebody else's by now. */
  release(options: { readonly delayMs: number; readonly counted: boolean }): Promise<boolean>;
  remove(): Promise<void>;
}

/** An entry by its name. */
interface Entry {
  readonly id: string;
  readonly attempts: number;
  readonly bytes: number;
}

/**
 * Things to do, as names in a folder that several processes share: a claim renames, and whoever renames first has it.
 *
 * A name that holds still for its lease belongs to a process that died. How long it held still is measured by the one
 * that looks, so that clocks needn't agree.
 */
export class LeasedEntries {
  readonly #waiting: string;
  readonly #claimed: string;
  /** Claimed names of others, with when they were seen first, on this process' monotonic clock. */
  readonly #seen = new Map<string, number>();
  readonly #mine = new Set<string>();

  constructor(folder: string) {
    this.#waiting = join(folder, 'waiting');
    this.#claimed = join(folder, 'claimed');
  }

  async open(): Promise<void> {
    await makeFolder(this.#waiting);
    await makeFolder(this.#claimed);
  }

  /** Adds an entry, durably, as another name of `file`; adding it twice is adding it once. */
  async add(id: string, file: string, bytes: number, fromMs: number): Promise<void> {
    await linkIfAbsent(file, join(this.#waiting, waitingName({ id, bytes, attempts: 0 }, fromMs)));
  }

  /** Claims the entry that waits longest, of those whose time has come and that are accepted. */
  async claim(leaseMs: number, accepts: (id: string) => boolean): Promise<LeasedEntry | undefined> {
    await this.#takeBack();
    const now = Date.now();
    for (const name of await namesIn(this.#waiting)) {
      const waiting = parseWaiting(name);
      if (waiting === undefined) continue;
      if (waiting.fromMs > now) return undefined;
      if (!accepts(waiting.id)) continue;
      const entry = { ...waiting, attempts: waiting.attempts + 1 };
      const claimed = claimedName(entry, leaseMs);
      this.#mine.add(claimed);
      if (await this.#move([this.#waiting, name], [this.#claimed, claimed])) {
        return this.#leased(entry, claimed, leaseMs);
      }
      this.#mine.delete(claimed);
    }
    return undefined;
  }

  /** Takes an entry away that nobody has claimed. */
  async removeWaiting(id: string): Promise<void> {
    for (const name of await namesIn(this.#waiting)) {
      if (parseWaiting(name)?.id === id) await removeIfPresent(join(this.#waiting, name));
    }
  }

  /** All there are, those that wait and those that are claimed. */
  async list(): Promise<{
    readonly waiting: readonly Entry[];
    readonly claimed: readonly Entry[];
  }> {
    // In this order, so that one that is claimed meanwhile is seen twice rather than not at all.
    const waiting = await namesIn(this.#waiting);
    const claimed = await namesIn(this.#claimed);
    return {
      waiting: waiting.flatMap((name) => parseWaiting(name) ?? []),
      claimed: claimed.flatMap((name) => parseClaimed(name) ?? []),
    };
  }

  /** Whether there is an entry, waiting or claimed. */
  async has(id: string): Promise<boolean> {
    const { waiting, claimed } = await this.list();
    return [...waiting, ...claimed].some((each) => each.id === id);
  }

  /** Whether an entry is claimed. */
  async isClaimed(id: string): Promise<boolean> {
    return (await namesIn(this.#claimed)).some((name) => parseClaimed(name)?.id === id);
  }

  #leased(entry: Entry, firstName: string, leaseMs: number): LeasedEntry {
    let name = firstName;
    return {
      id: entry.id,
      attempt: entry.attempts,
      extend: async () => {
        const next = claimedName(entry, leaseMs);
        this.#mine.add(next);
        const held = await this.#move([this.#claimed, name], [this.#claimed, next]);
        this.#mine.delete(held ? name : next);
        if (held) name = next;
        return held;
      },
      release: async ({ delayMs, counted }) => {
        const attempts = counted ? entry.attempts : entry.attempts - 1;
        const waiting = waitingName({ ...entry, attempts }, Date.now() + delayMs);
        try {
          return await this.#move([this.#claimed, name], [this.#waiting, waiting]);
        } finally {
          // Else nobody here would take it back when its lease has run out.
          this.#mine.delete(name);
        }
      },
      remove: async () => {
        try {
          await removeIfPresent(join(this.#claimed, name));
        } finally {
          this.#mine.delete(name);
        }
      },
    };
  }

  /** Puts back what died with its process. */
  async #takeBack(): Promise<void> {
    const names = await namesIn(this.#claimed);
    const now = performance.now();
    for (const name of this.#seen.keys()) if (!names.includes(name)) this.#seen.delete(name);
    for (const name of names) {
      const entry = parseClaimed(name);
      if (entry === undefined || this.#mine.has(name)) continue;
      const since = this.#seen.get(name);
      if (since === undefined) this.#seen.set(name, now);
      else if (now - since > entry.leaseMs) {
        await this.#move([this.#claimed, name], [this.#waiting, waitingName(entry, Date.now())]);
      }
    }
  }

  #move(from: readonly [string, string], to: readonly [string, string]): Promise<boolean> {
    return renameIfPresent(join(...from), join(...to));
  }
}

function waitingName({ id, attempts, bytes }: Entry, fromMs: number): string {
  return `${String(Math.ceil(fromMs)).padStart(TIME_DIGITS, '0')}.${attempts}.${bytes}.${id}`;
}

function parseWaiting(name: string): (Entry & { readonly fromMs: number }) | undefined {
  const [, fromMs, attempts, bytes, id] = /^(\d{15})\.(\d+)\.(\d+)\.([\w-]{22})$/.exec(name) ?? [];
  if (id === undefined) return undefined;
  return { id, attempts: Number(attempts), bytes: Number(bytes), fromMs: Number(fromMs) };
}

/** Each claim and each extension has a name of its own. */
function claimedName({ id, attempts, bytes }: Entry, leaseMs: number): string {
  return `${attempts}.${bytes}.${Math.ceil(leaseMs)}.${id}.${randomBytes(8).toString('hex')}`;
}

function parseClaimed(name: string): (Entry & { readonly leaseMs: number }) | undefined {
  const [, attempts, bytes, leaseMs, id] =
    /^(\d+)\.(\d+)\.(\d+)\.([\w-]{22})\.[0-9a-f]{16}$/.exec(name) ?? [];
  if (id === undefined) return undefined;
  return { id, attempts: Number(attempts), bytes: Number(bytes), leaseMs: Number(leaseMs) };
}

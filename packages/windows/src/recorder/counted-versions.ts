import type { WindowLabel } from '../window/window.ts';
import { labelKey } from './pending-losses.ts';
import type { VersionCounters } from './version-counters.ts';

/** A version with the counters of its current window. */
export interface CountedVersion {
  readonly label: WindowLabel;
  readonly counters: VersionCounters;
}

/** The versions of a window with their counters. */
export class CountedVersions {
  readonly #versions = new Map<string, CountedVersion>();
  /** The one that was found last: the recorder and the observer of a request ask for the same one in turn. */
  #last: CountedVersion | undefined;

  get size(): number {
    return this.#versions.size;
  }

  /** Returns the counters of a version; undefined if it has none yet. */
  countersOf(label: WindowLabel): VersionCounters | undefined {
    if (this.#last === undefined || !isSameLabel(this.#last.label, label)) {
      this.#last = this.#versions.get(labelKey(label));
    }
    return this.#last?.counters;
  }

  add(label: WindowLabel, counters: VersionCounters): void {
    this.#versions.set(labelKey(label), { label, counters });
  }

  values(): IterableIterator<CountedVersion> {
    return this.#versions.values();
  }
}

function isSameLabel(a: WindowLabel, b: WindowLabel): boolean {
  return a.model === b.model && a.version === b.version && a.variant === b.variant;
}

import type { WindowLabel, WindowLosses } from '../window/window.ts';

interface LabelLosses extends WindowLosses {
  readonly label: WindowLabel;
}

/** Losses of a recorder by version, until a window reports them. */
export class PendingLosses {
  readonly #losses = new Map<string, LabelLosses>();

  /** Versions with losses. */
  get labels(): readonly WindowLabel[] {
    return [...this.#losses.values()].map(({ label }) => label);
  }

  add(label: WindowLabel, requests: number, windows: number): void {
    const key = labelKey(label);
    const before = this.#losses.get(key) ?? { requests: 0, windows: 0 };
    this.#losses.set(key, {
      label,
      requests: before.requests + requests,
      windows: before.windows + windows,
    });
  }

  /** Returns the losses of a version, and starts at zero. */
  take(label: WindowLabel): WindowLosses {
    const key = labelKey(label);
    const { requests, windows } = this.#losses.get(key) ?? { requests: 0, windows: 0 };
    this.#losses.delete(key);
    return { requests, windows };
  }
}

/** Text that is equal for labels of one version and variant. */
export function labelKey({ model, version, variant }: WindowLabel): string {
  return variant === undefined ? `${model}\n${version}` : `${model}\n${version}\n${variant}`;
}

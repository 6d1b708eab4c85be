import { isHang } from '../errors/runtime-fault.ts';

/** Each attempt at a version that hangs may cost a core until the process ends. */
const MAX_HUNG_LOADS = 2;

/** Limits how often a version that hangs is loaded: after two attempts it is blocked until its alias moves. */
export class HangLimit {
  readonly #alias: string;
  #version: number | undefined;
  #count = 0;
  #blocked: number | undefined;

  constructor(alias: string) {
    this.#alias = alias;
  }

  /** Returns whether a version is not tried again. */
  blocks(version: number | undefined): boolean {
    return version !== undefined && version === this.#blocked;
  }

  /** Lets the blocked version be tried once more, as its alias moved or an administrator loads it. */
  unblock(): void {
    this.#blocked = undefined;
  }

  /**
   * Counts a failed load of `version`, and blocks the version where that is enough.
   *
   * A version that its alias has left is not blocked: the alias may return to it. Returns what to add to the reason.
   */
  record(version: number, error: unknown, target: number | undefined): string {
    if (this.#version !== version) {
      this.#version = version;
      this.#count = 0;
    }
    if (isHang(error)) this.#count += 1;
    if (this.#count < MAX_HUNG_LOADS || target !== version) return '';
    this.#blocked = version;
    return `; it is not tried again, after ${MAX_HUNG_LOADS} attempts that hung, before alias "${this.#alias}" moves or an administrator loads the model`;
  }
}

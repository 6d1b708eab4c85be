import { DocumentChecks } from '../document/document-checks.ts';
import { decodeWindow, windowMembers } from '../window/window-document.ts';
import type { Window } from '../window/window.ts';
import { windowOffset } from './window-key.ts';

const FORMAT = 'fairlead-window-rollup';
const VERSION = 1;
/** Largest stored roll-up, in bytes. */
export const MAX_ROLL_UP_BYTES = 64 * 1024 * 1024;
/** Most windows of a roll-up: a day of 1,000 hosts has 288,000. */
const MAX_NAMES = 1_000_000;
/** Most variants and baselines. */
const MAX_WINDOWS = 1024;

/** Windows of an hour or a day, merged, with the names of those that it holds: later ones count beside it. */
export interface RollUp {
  /** Names of the windows, by hour. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
  /** One window for each variant. */
  readonly windows: readonly Window[];
}

export function encodeRollUp({ names, windows }: RollUp): Uint8Array {
  const hours = [...names].sort(([left], [right]) => (left < right ? -1 : 1));
  return new TextEncoder().encode(
    JSON.stringify({
      format: FORMAT,
      version: VERSION,
      names: Object.fromEntries(hours.map(([hour, each]) => [hour, [...each].sort()])),
      windows: windows.map(windowMembers),
    }),
  );
}

/** @throws WindowsError `ERR_WINDOWS_WINDOW_INVALID` naming the object and the value */
export function parseRollUp(bytes: Uint8Array, key: string): RollUp {
  const checks = new DocumentChecks('ERR_WINDOWS_WINDOW_INVALID', key);
  const document = checks.parse(bytes, MAX_ROLL_UP_BYTES);
  checks.oneOf(document.format, 'format', [FORMAT]);
  checks.integer(document.version, 'version', { min: 1, max: VERSION });
  const names = new Map<string, ReadonlySet<string>>();
  for (const [hour, list] of Object.entries(checks.object(document.names, 'names'))) {
    const each = checks.list(list, `names.${hour}`, MAX_NAMES).map((name, index) => {
      const text = checks.text(name, `names.${hour}[${index}]`);
      if (windowOffset(text) !== undefined) return text;
      throw checks.wrong(`names.${hour}[${index}]`, 'the name of a window', text);
    });
    names.set(hour, new Set(each));
  }
  const windows = checks
    .list(document.windows, 'windows', MAX_WINDOWS)
    .map((window, index) => decodeWindow(checks, window, `windows[${index}]`));
  return { names, windows };
}

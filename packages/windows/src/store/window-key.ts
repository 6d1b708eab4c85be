import { describeValue } from '@fairlead/signature';
import { invalidOption } from '../check-options.ts';
import type { WindowLabel } from '../window/window.ts';

/** Folder of all windows in a store. */
export const WINDOWS = 'windows';
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/;
const WINDOW_NAME = /^([0-5]\d)([0-5]\d)-[0-9a-f]{12}-[0-9a-z]{1,11}\.json$/;
const ROLL_UP_NAME = /^rollup-(\d{4})\.json$/;

/** Returns whether a name can be part of a key; other objects of a store are foreign. */
export function isKeySegment(name: string): boolean {
  return SEGMENT.test(name);
}

/** Folder of a version: `windows/churn/3`. */
function versionFolder({ model, version }: WindowLabel): string {
  for (const [name, value] of Object.entries({ model, version })) {
    if (isKeySegment(value)) continue;
    throw invalidOption(
      `the ${name} ${describeValue(value)} can't be part of a key; it may have letters, digits, ".", "_" and "-".`,
    );
  }
  return `${WINDOWS}/${model}/${version}`;
}

/** Folder of a day of UTC: `windows/churn/3/2026-11-28`. */
export function dayFolder(label: WindowLabel, time: number): string {
  return `${versionFolder(label)}/${new Date(time).toISOString().slice(0, 10)}`;
}

/** Name of the folder of an hour in that of its day: `16`. */
export function hourName(time: number): string {
  return new Date(time).toISOString().slice(11, 13);
}

/** Folder of an hour of UTC: `windows/churn/3/2026-11-28/16`. */
export function hourFolder(label: WindowLabel, time: number): string {
  return `${dayFolder(label, time)}/${hourName(time)}`;
}

/** Name of a window in the folder of its hour: minute and second at which it begins, writer, and number. */
export function windowName(from: number, writer: string, number: number): string {
  const time = new Date(from).toISOString();
  return `${time.slice(14, 16)}${time.slice(17, 19)}-${writer}-${number.toString(36)}.json`;
}

/** Milliseconds from the begin of the hour to that of a window; undefined for other names. */
export function windowOffset(name: string): number | undefined {
  const [, minute, second] = WINDOW_NAME.exec(name) ?? [];
  if (minute === undefined) return undefined;
  return (Number(minute) * 60 + Number(second)) * 1000;
}

/** Name of a roll-up in the folder of its hour or day. */
export function rollUpName(generation: number): string {
  return `rollup-${String(generation).padStart(4, '0')}.json`;
}

/** Generation of a roll-up; undefined for other names. */
export function rollUpGeneration(name: string): number | undefined {
  const [, generation] = ROLL_UP_NAME.exec(name) ?? [];
  return generation === undefined ? undefined : Number(generation);
}

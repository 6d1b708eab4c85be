import { createHash } from 'node:crypto';

/** Folder of captured requests in a store. */
export const CAPTURES = 'captures';
/** Longer values are cut, since a name of a file has 255 bytes at most. */
const MAX_VALUE = 200;

/** Hour of a version. */
interface Partition {
  readonly model: string;
  readonly version: string;
  /** Begin of an hour of UTC, in milliseconds since the epoch. */
  readonly hour: number;
}

export const HOUR_MS = 3_600_000;

/** Folder of a partition, as Hive names it: `captures/model=churn/version=3/date=2026-11-28/hour=16`. */
export function partitionFolder({ model, version, hour }: Partition): string {
  const time = new Date(hour).toISOString();
  return [
    versionFolder({ model, version }),
    `date=${time.slice(0, 10)}`,
    `hour=${time.slice(11, 13)}`,
  ].join('/');
}

/**
 * Folder of the captured requests of a version in a store, which other tools read: names as of Hive, with special characters escaped.
 *
 * @example
 * ```ts
 * import { versionFolder } from '@fairlead/capture';
 *
 * console.log(versionFolder({ model: 'churn*', version: '3' })); // captures/model=churn%2A/version=3
 * ```
 */
export function versionFolder({
  model,
  version,
}: {
  readonly model: string;
  readonly version: string;
}): string {
  return `${CAPTURES}/model=${escapeValue(model)}/version=${escapeValue(version)}`;
}

/** Escapes a value with `%`, as Hive does; DuckDB and Spark read it as it was. */
export function escapeValue(value: string): string {
  const escaped = encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  if (escaped.length > 0 && escaped.length <= MAX_VALUE) return escaped;
  const digest = createHash('sha256').update(value).digest('hex').slice(0, 16);
  return escaped === '' ? '__HIVE_DEFAULT_PARTITION__' : `${escaped.slice(0, 150)}-${digest}`;
}

/** Begin of the hour of a folder, from its names of date and hour; undefined for other names. */
export function partitionHour(date: string, hour: string): number | undefined {
  const [, day] = /^date=(\d{4}-\d\d-\d\d)$/.exec(date) ?? [];
  const [, hours] = /^hour=([01]\d|2[0-3])$/.exec(hour) ?? [];
  if (day === undefined || hours === undefined) return undefined;
  const time = Date.parse(`${day}T${hours}:00:00Z`);
  return Number.isNaN(time) ? undefined : time;
}

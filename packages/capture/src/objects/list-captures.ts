import type { CaptureObjects } from './capture-objects.ts';
import { CAPTURES, escapeValue, HOUR_MS, partitionHour } from './partition.ts';

const DAY_MS = 86_400_000;

/** Versions to look at; all where a member is missing. */
export interface CaptureSelection {
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  /** Only hours that end after this time, in milliseconds since the epoch; earlier days aren't listed. */
  readonly since?: number | undefined;
  /** Only hours that ended until this time, in milliseconds since the epoch; later ones aren't listed. */
  readonly before?: number | undefined;
}

/**
 * Lists the captured files with the begin of their hour, without reading them; foreign objects are left out.
 *
 * @returns keys, and begins of hours of UTC in milliseconds since the epoch
 *
 * @throws CaptureError `ERR_CAPTURE_STORE_FAILED`
 *
 * @example
 * ```ts
 * import { captureFolder, listCaptures } from '@fairlead/capture';
 *
 * const yesterday = Date.now() - 86_400_000;
 * const keys: string[] = [];
 * for await (const { key } of listCaptures(captureFolder('./captured'), { model: 'churn', since: yesterday })) {
 *   keys.push(key);
 * }
 * console.log(keys); // []
 * ```
 */
export async function* listCaptures(
  objects: CaptureObjects,
  { model, version, since = -Infinity, before = Infinity }: CaptureSelection,
): AsyncGenerator<{ readonly key: string; readonly hour: number }, void> {
  for (const modelName of await folders(objects, CAPTURES, 'model', model)) {
    const inModel = `${CAPTURES}/${modelName}`;
    for (const versionName of await folders(objects, inModel, 'version', version)) {
      const inVersion = `${inModel}/${versionName}`;
      for (const date of await folders(objects, inVersion, 'date')) {
        const begin = partitionHour(date, 'hour=00');
        if (begin === undefined || begin + HOUR_MS > before || begin + DAY_MS <= since) continue;
        for (const hourName of await folders(objects, `${inVersion}/${date}`, 'hour')) {
          const hour = partitionHour(date, hourName);
          if (hour === undefined || hour + HOUR_MS > before || hour + HOUR_MS <= since) continue;
          const folder = `${inVersion}/${date}/${hourName}`;
          for (const { name, kind } of await objects.list(folder)) {
            if (kind === 'object' && name.endsWith('.parquet')) {
              yield { key: `${folder}/${name}`, hour };
            }
          }
        }
      }
    }
  }
}

async function folders(
  objects: CaptureObjects,
  parent: string,
  name: string,
  value?: string,
): Promise<readonly string[]> {
  const wanted = value === undefined ? undefined : `${name}=${escapeValue(value)}`;
  const entries = await objects.list(parent);
  return entries.flatMap((entry) => {
    if (entry.kind !== 'folder' || !entry.name.startsWith(`${name}=`)) return [];
    return wanted === undefined || wanted === entry.name ? [entry.name] : [];
  });
}

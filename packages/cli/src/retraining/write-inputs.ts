import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureObjects } from '@fairlead/capture';
import type { DatasetFormat, InputTarget } from '@fairlead/retraining';
import { text, withCaptures, writablePath } from '../capture/capture-database.ts';
import { jsonText } from '../output/json-text.ts';
import type { OpenedRetraining } from './open-retraining.ts';

const DAY_MS = 86_400_000;

const FORMATS: Readonly<Record<DatasetFormat, string>> = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  csv: 'FORMAT csv, HEADER true',
};

/** Writes the captured rows with a label, and the manifest of the version that is retrained. */
export async function writeInputs(
  { registry, model, now }: OpenedRetraining,
  captures: CaptureObjects,
  { folder, policy, parent }: InputTarget,
): Promise<{ readonly rows: number; readonly since: number; readonly until: number }> {
  const { manifest } = await registry.openVersion(model, parent);
  await writeFile(join(folder, 'manifest.json'), `${jsonText(manifest)}\n`);
  const until = now();
  const span = { since: Math.floor(until - policy.dataset.days * DAY_MS), until };
  const files = policy.dataset.formats.map((format) => {
    const path = join(folder, `rows.${format}`);
    return { format, path, part: `${writablePath(path)}.${format}` };
  });
  const rows = await withCaptures(
    captures,
    { model, version: undefined, ...span },
    { writable: files.map(({ part }) => part) },
    async (connection) => {
      await connection.run(
        `CREATE TEMP TABLE training AS SELECT * FROM labeled
         WHERE label IS NOT NULL AND epoch_ms(time) >= ${span.since} AND epoch_ms(time) < ${until}`,
      );
      let count = 0;
      for (const { format, part } of files) {
        const result = await connection.run(
          `COPY (FROM training ORDER BY time, request_id, "row") TO ${text(part)} (${FORMATS[format]})`,
        );
        count = Number((await result.getRows())[0]?.[0] ?? 0);
      }
      return count;
    },
  );
  for (const { path, part } of files) await rename(part, path);
  return { rows, ...span };
}

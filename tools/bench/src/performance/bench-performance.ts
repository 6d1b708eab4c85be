import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { folderStore, ModelRegistry } from '@fairlead/registry';

const SOURCE = fileURLToPath(new URL('../../../../packages/cli/src/bin.ts', import.meta.url));
const DAYS = 7;
const LABELED = 0.9;
const GOAL_SECONDS = 60;
const GOAL_MB = 2000;

/** Measures `fairlead performance report` of many captured predictions, most of them with labels. */
export async function benchPerformance(
  { folder, rows }: { readonly folder: string; readonly rows: number },
  print: (line: string) => void,
): Promise<void> {
  const root = mkdtempSync(join(folder, 'performance-'));
  try {
    await pushModel(join(root, 'registry'));
    await generate(join(root, 'captured'), rows);
    print(`${rows} captured predictions of ${DAYS} days, ${LABELED * 100} % with a label.`);
    print('');
    print('| command | time | memory | goal | |');
    print('| --- | ---: | ---: | ---: | --- |');
    for (const args of [[], ['--by', 'plan']]) {
      const { seconds, megabytes } = await report(root, args);
      const isMet = seconds < GOAL_SECONDS && megabytes < GOAL_MB;
      print(
        `| \`fairlead performance report ${['loans', ...args].join(' ')}\` | ${seconds.toFixed(1)} s | ${megabytes.toFixed(0)} MB | ${GOAL_SECONDS} s, ${GOAL_MB} MB | ${isMet ? 'met' : 'MISSED'} |`,
      );
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function pushModel(path: string): Promise<void> {
  const registry = new ModelRegistry({ store: folderStore(path, { create: true }) });
  await registry.push({
    ...{ model: 'loans', runtime: { name: 'onnx' }, actor: 'bench' },
    files: { 'model.onnx': Buffer.from('weights') },
    signature: {
      inputs: [{ name: 'plan', datatype: 'BYTES', shape: [-1] }],
      outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 1], features: [{ name: '1' }] }],
    },
  });
  await registry.setAlias('loans', 'champion', 1, { actor: 'bench' });
}

/** Writes files as the recorder and the store of labels do: one for each hour, and one for each day. */
async function generate(root: string, rows: number): Promise<void> {
  const database = await DuckDBInstance.create(':memory:', { memory_limit: '1GB' });
  const connection = await database.connect();
  const begin = Math.floor(Date.now() / 86_400_000 - DAYS) * 86_400_000;
  const perHour = Math.ceil(rows / (DAYS * 24));
  for (let hour = 0; hour < DAYS * 24; hour += 1) {
    const from = begin + hour * 3_600_000;
    const time = new Date(from).toISOString();
    const partition = join(
      root,
      'captures/model=loans/version=1',
      `date=${time.slice(0, 10)}`,
      `hour=${time.slice(11, 13)}`,
    );
    const day = join(root, 'labels/model=loans', `date=${time.slice(0, 10)}`);
    for (const each of [partition, day]) mkdirSync(each, { recursive: true });
    const file = join(partition, 'bench.parquet');
    await connection.run(
      `COPY (SELECT CAST(uuid() AS VARCHAR) AS request_id, CAST(0 AS INTEGER) AS "row",
         epoch_ms(CAST(${from} + i * 3600000.0 / ${perHour} AS BIGINT)) AS time, 1.5 AS duration_ms, '1' AS model_version,
         CAST(NULL AS VARCHAR) AS variant, 10.0 AS weight, CAST(NULL AS VARCHAR) AS routing_key, CAST(NULL AS VARCHAR) AS shadow_of,
         CAST(NULL AS VARCHAR) AS fallback_from, CASE WHEN random() < 0.5 THEN 'basic' ELSE 'pro' END AS input_plan, CAST(random() * random() AS FLOAT) AS output_1
       FROM range(${perHour}) t(i)) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 10000)`,
    );
    await connection.run(
      `COPY (SELECT request_id, "row", CAST(random() < output_1 AS INTEGER) AS label, epoch_ms(time) + 3600000 AS observed_at,
         epoch_ms(time) + 3600000 AS received_at FROM '${file}' WHERE random() < ${LABELED}) TO '${join(day, `${hour}.jsonl`)}' (FORMAT json)`,
    );
  }
  connection.closeSync();
  database.closeSync();
}

async function report(
  root: string,
  args: readonly string[],
): Promise<{ readonly seconds: number; readonly megabytes: number }> {
  const startedAt = performance.now();
  const command = ['performance', 'report', 'loans', '--since', `${DAYS + 1}d`];
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=@fairlead/source', SOURCE, ...command, ...args],
      ...['--output', 'scores', '--registry', './registry', '--captures', './captured'],
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  let peakKb = 0;
  const timer = setInterval(() => {
    peakKb = Math.max(peakKb, peakOf(child.pid));
  }, 20);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`fairlead ${command.join(' ')} ended with ${String(code)}`);
  return { seconds: (performance.now() - startedAt) / 1000, megabytes: (peakKb * 1024) / 1e6 };
}

/** Peak of the resident memory of a process in KiB; 0 where the system has none. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

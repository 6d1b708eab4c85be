import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const cache = join(root, 'node_modules/.cache/parquet-readers');
const python = join(cache, 'venv/bin/python');

/** The part of DuckDB that is used. */
export interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{
        runAndReadAll(
          sql: string,
        ): Promise<{ getRowObjectsJS(): readonly Record<string, unknown>[] }>;
      }>;
    }>;
  };
}

/** Installs DuckDB and PyArrow into a cache of this clone; they are downloaded once. */
export function installReaders(): void {
  mkdirSync(cache, { recursive: true });
  const duckDb = '@duckdb/node-api@1.5.6-r.1';
  if (!existsSync(join(cache, 'node_modules/@duckdb/node-api'))) {
    writeFileSync(join(cache, 'package.json'), '{"private":true}');
    run('npm', ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', duckDb]);
  }
  if (existsSync(join(cache, 'venv/pyarrow'))) return;
  run('python3', ['-m', 'venv', join(cache, 'venv')]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', 'pyarrow==26.0.1']);
  writeFileSync(join(cache, 'venv/pyarrow'), 'installed');
}

export async function loadDuckDb(): Promise<DuckDb> {
  const entry = join(cache, 'node_modules/@duckdb/node-api/lib/index.js');
  const { default: duckDb } = (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as {
    readonly default: DuckDb;
  };
  return duckDb;
}

/** Runs a Python program, and returns what it prints. */
export function runPython(code: string, ...args: readonly string[]): string {
  return run(python, ['-c', code, ...args]);
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: cache,
    encoding: 'utf8',
  });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`, { cause: error });
}

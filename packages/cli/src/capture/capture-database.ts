import { dirname, join, resolve } from 'node:path';
import type {
  DuckDBConnection,
  DuckDBInstance,
  DuckDBPreparedStatement,
  StatementType,
} from '@duckdb/node-api';
import type { CaptureObjects } from '@fairlead/capture';
import { CliError } from '../cli-error.ts';
import { oneLine } from '../output/plain-text.ts';
import { TemporaryFolder } from '../temporary-folder/temporary-folder.ts';
import { type CaptureSelection, findCapturedFiles } from './captured-files.ts';

/** Memory of DuckDB; larger sorts and joins use the temporary folder. */
const MEMORY_LIMIT = '1200MB';

/**
 * Opens a database with the views `captures`, `label_lines`, `labels` and `labeled`, in which a label without row of a request with several rows
 * doesn't count, and with `all_label_lines`, in which it `lacks_row`; passes it to `use`. SQL in it reads the captured files and
 * nothing else. It may write to their folder and to `writable`: pass SQL of a user to {@link prepareQuery}.
 *
 * @throws CliError `ERR_CLI_NO_RUNTIME` without DuckDB, `ERR_CLI_CHECK_FAILED` without captured requests, `ERR_CLI_USAGE` for SQL that fails
 */
export async function withCaptures<T>(
  objects: CaptureObjects,
  selection: CaptureSelection,
  { writable = [] }: { readonly writable?: readonly string[] | undefined },
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const duckdb = await importDuckDb();
  const folder = await TemporaryFolder.create('captures');
  const temporary = folder.path;
  try {
    const files = await findCapturedFiles(objects, selection, temporary);
    if (files.captures.length === 0) {
      const version = selection.version === undefined ? '' : ` version ${selection.version}`;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `no captured requests of ${selection.model}${version} in ${objects.location} in this span: use an earlier --since, or check the location and that gateways have FAIRLEAD_CAPTURE_LOCATION; requests are stored within five minutes`,
      );
    }
    const database = await duckdb.DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: MEMORY_LIMIT,
      temp_directory: join(temporary, 'sort'),
    });
    const connection = await database.connect();
    try {
      await connection.run(`SET TimeZone = 'UTC'`).catch(() => undefined);
      const folders = [files.root, temporary].map((folder) => text(`${folder}/`));
      await connection.run(`SET allowed_directories = [${folders.join(', ')}]`);
      if (writable.length > 0) {
        await connection.run(`SET allowed_paths = [${writable.map(text).join(', ')}]`);
      }
      await connection.run('SET enable_external_access = false');
      await connection.run('SET lock_configuration = true');
      for (const statement of views(files)) await connection.run(statement);
      return await use(connection);
    } catch (cause) {
      if (cause instanceof CliError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CliError('ERR_CLI_USAGE', `DuckDB: ${oneLine(why)}`, { cause });
    } finally {
      connection.closeSync();
      database.closeSync();
    }
  } finally {
    await folder.remove();
  }
}

/**
 * Prepares the last statement of SQL that only reads, and runs those before it: `PIVOT` consists of several, which create and
 * drop types of the database in memory.
 *
 * @throws CliError `ERR_CLI_USAGE` for a statement that could write a file, or change settings
 */
export async function prepareQuery(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement> {
  const { StatementType: types } = await importDuckDb();
  const reading = new Set([types.SELECT, types.CREATE, types.DROP]);
  const statements = await connection.extractStatements(sql);
  for (let index = 0; ; index += 1) {
    const statement = await statements.prepare(index);
    if (!reading.has(statement.statementType)) {
      throw new CliError(
        'ERR_CLI_USAGE',
        `DuckDB: the SQL must be a query, such as "SELECT count(*) FROM labeled"; write files with fairlead capture export`,
      );
    }
    if (index === statements.count - 1) return statement;
    await statement.run();
  }
}

/** Path that SQL may write to: absolute, as DuckDB compares it. */
export function writablePath(path: string): string {
  return join(resolve(dirname(path)), `.${Date.now().toString(36)}-${process.pid}.part`);
}

/** Quotes a text in SQL. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

async function importDuckDb(): Promise<{
  readonly DuckDBInstance: typeof DuckDBInstance;
  readonly StatementType: typeof StatementType;
}> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    const [why = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new CliError(
      'ERR_CLI_NO_RUNTIME',
      `queries need DuckDB: npm install @duckdb/node-api (${why})`,
      { cause },
    );
  }
}

const LABEL_COLUMNS =
  "{request_id: 'VARCHAR', row: 'INTEGER', default_row: 'BOOLEAN', label: 'JSON', observed_at: 'BIGINT', received_at: 'BIGINT'}";

function views({
  captures,
  labels,
}: {
  readonly captures: readonly string[];
  readonly labels: readonly string[];
}): readonly string[] {
  const list = (paths: readonly string[]): string => `[${paths.map(text).join(', ')}]`;
  const lines =
    labels.length === 0
      ? `SELECT NULL::VARCHAR AS request_id, NULL::INTEGER AS "row", NULL::BOOLEAN AS default_row, NULL::JSON AS label, NULL::BIGINT AS observed_at, NULL::BIGINT AS received_at WHERE false`
      : `SELECT * FROM read_json(${list(labels)}, columns = ${LABEL_COLUMNS}, format = 'newline_delimited', ignore_errors = true)`;
  return [
    `CREATE VIEW captures AS SELECT * FROM read_parquet(${list(captures)}, hive_partitioning = true, hive_types_autocast = false, union_by_name = true)`,
    `CREATE VIEW all_label_lines AS SELECT *, coalesce(default_row, false) AND request_id IN (SELECT request_id FROM captures WHERE "row" = 1) AS lacks_row FROM (${lines})`,
    `CREATE VIEW label_lines AS SELECT request_id, "row", label ->> '$' AS label, observed_at, received_at FROM all_label_lines WHERE NOT coalesce(lacks_row, false)`,
    // The label that was observed last, of equal times the one that was received last.
    `CREATE VIEW labels AS SELECT request_id, "row", arg_max(label, (observed_at, received_at)) AS label, epoch_ms(max(observed_at)) AS observed_at, count(*) AS labels FROM label_lines GROUP BY request_id, "row"`,
    `CREATE VIEW labeled AS SELECT captures.*, labels.label, labels.observed_at FROM captures LEFT JOIN labels USING (request_id, "row")`,
  ];
}

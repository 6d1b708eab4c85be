import type { CapturedColumn } from '@fairlead/capture';
import type { Datatype } from '@fairlead/signature';
import { CliError } from '../cli-error.ts';

/** Types of Athena for values in Parquet. */
const types: Readonly<Record<Datatype, string>> = {
  BOOL: 'boolean',
  INT8: 'tinyint',
  INT16: 'smallint',
  INT32: 'int',
  INT64: 'bigint',
  UINT8: 'smallint',
  UINT16: 'int',
  UINT32: 'bigint',
  UINT64: 'bigint',
  FP16: 'float',
  FP32: 'float',
  FP64: 'double',
  BYTES: 'string',
};

const requestColumns: readonly (readonly [string, string])[] = [
  ['request_id', 'string'],
  ['row', 'int'],
  ['time', 'timestamp'],
  ['duration_ms', 'double'],
  ['model_version', 'string'],
  ['variant', 'string'],
  ['weight', 'double'],
  ['routing_key', 'string'],
  ['shadow_of', 'string'],
  ['fallback_from', 'string'],
];

/** Tables of the captured requests of a version, and of the labels of its model. */
export interface AthenaTables {
  readonly model: string;
  readonly version: number;
  readonly columns: readonly CapturedColumn[];
  /** `s3://bucket/prefix`. */
  readonly location: string;
  /** Folders in it. */
  readonly folders: { readonly captures: string; readonly labels: string };
  /** First day of the partitions: that of the version. */
  readonly since: Date;
}

/**
 * Writes the statements that make tables in Athena, with partitions by projection: no crawler, and no statement for new hours;
 * and a view of the captured requests with their labels.
 *
 * Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 *
 * @throws CliError `ERR_CLI_CHECK_FAILED` for columns whose names differ by case only, which Athena doesn't tell apart
 */
export function athenaDdl({
  model,
  version,
  columns,
  location,
  folders,
  since,
}: AthenaTables): string {
  const root = location.replace(/\/+$/u, '');
  const name = `${model}_${version}`.toLowerCase().replaceAll(/[^a-z0-9_]/gu, '_');
  const labels = `${model}_labels`.toLowerCase().replaceAll(/[^a-z0-9_]/gu, '_');
  const captures = `${root}/${folders.captures}/`;
  const labelRoot = `${root}/${folders.labels}/`;
  const dates = {
    'projection.enabled': 'true',
    'projection.date.type': 'date',
    'projection.date.format': 'yyyy-MM-dd',
    'projection.date.range': `${since.toISOString().slice(0, 10)},NOW`,
  };
  const hours = {
    'projection.hour.type': 'integer',
    'projection.hour.range': '0,23',
    'projection.hour.digits': '2',
    'storage.location.template': `${captures}date=\${date}/hour=\${hour}/`,
  };
  return [
    `CREATE EXTERNAL TABLE IF NOT EXISTS ${identifier(name)} (`,
    list(distinct([...requestColumns, ...columns.map(columnType)])),
    ')',
    'PARTITIONED BY (`date` string, `hour` string)',
    'STORED AS PARQUET',
    `LOCATION ${literal(captures)}`,
    `TBLPROPERTIES (\n${properties({ ...dates, ...hours })}\n);`,
    '',
    `CREATE EXTERNAL TABLE IF NOT EXISTS ${identifier(labels)} (`,
    list([
      ['request_id', 'string'],
      ['row', 'int'],
      ['default_row', 'boolean'],
      ['label', 'string'],
      ['observed_at', 'bigint'],
      ['received_at', 'bigint'],
    ]),
    ')',
    'PARTITIONED BY (`date` string)',
    "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'",
    `LOCATION ${literal(labelRoot)}`,
    `TBLPROPERTIES (\n${properties({ ...dates, 'storage.location.template': `${labelRoot}date=\${date}/` })}\n);`,
    '',
    labeledView(name, labels),
  ].join('\n');
}

/**
 * The captured requests with their labels: the one that was observed last, of equal times the one that was received last. A label
 * without its row doesn't count for a request with several rows.
 */
function labeledView(captures: string, labels: string): string {
  return `CREATE OR REPLACE VIEW "${captures}_labeled" AS
SELECT c.*, l.label
FROM "${captures}" c
LEFT JOIN (
  SELECT request_id, "row", max_by(label, ROW(observed_at, received_at)) AS label
  FROM "${labels}"
  WHERE NOT coalesce(default_row, false)
    OR request_id NOT IN (SELECT request_id FROM "${captures}" WHERE "row" = 1)
  GROUP BY request_id, "row"
) l ON l.request_id = c.request_id AND l."row" = c."row";`;
}

function columnType({ name, datatype, depth }: CapturedColumn): readonly [string, string] {
  return [name.toLowerCase(), `${'array<'.repeat(depth)}${types[datatype]}${'>'.repeat(depth)}`];
}

function distinct(
  columns: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const names = columns.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return columns;
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `Athena ignores the case of names: there would be two columns ${JSON.stringify(twice)}; read the files with fairlead capture query, or rename a feature in a new version`,
  );
}

function list(columns: readonly (readonly [string, string])[]): string {
  return columns.map(([name, type]) => `  ${identifier(name)} ${type}`).join(',\n');
}

function properties(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `  ${literal(name)} = ${literal(value)}`)
    .join(',\n');
}

function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``').replaceAll(/\p{Cc}/gu, ' ')}\``;
}

function literal(value: string): string {
  return `'${value.replaceAll(/['\\]/gu, String.raw`\$&`)}'`;
}

import type { CaptureObjects } from '@fairlead/capture';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { PerformanceReport } from '@fairlead/drift';
import type { Manifest } from '@fairlead/registry';
import type { Baseline } from '@fairlead/windows';
import { withCaptures } from '../capture/capture-database.ts';
import type { CaptureSelection } from '../capture/captured-files.ts';
import { predictionColumns } from './prediction-columns.ts';
import type { Query } from './prediction-table.ts';
import { reportFromCaptures } from './report-performance.ts';
import { segmentColumn } from './segment-column.ts';

/** Version and span of a report. */
export interface ReportSubject {
  readonly manifest: Manifest;
  readonly baseline: Baseline | undefined;
  readonly selection: CaptureSelection & { readonly version: string };
}

/** Options of a report of captured requests. */
export interface CapturedReportOptions {
  readonly by?: string | undefined;
  readonly output?: string | undefined;
  readonly threshold: number;
  readonly positive?: string | undefined;
  readonly minLabels?: number | undefined;
}

/** Reports captured requests: measured where they have labels. */
export async function reportCaptured(
  objects: CaptureObjects,
  { manifest, baseline, selection }: ReportSubject,
  { by, output, threshold, positive, minLabels }: CapturedReportOptions,
): Promise<PerformanceReport> {
  const { capturedColumns } = await import('@fairlead/capture');
  const captured = capturedColumns(manifest.signature);
  const columns = predictionColumns(manifest.signature, captured, {
    ...{ baseline, output, positive },
  });
  const segment = segmentColumn(captured, by);
  const scores = baseline?.calibration;
  const isCalibrated = output === undefined || output === scores?.tensor;
  return withCaptures(objects, selection, {}, (connection) =>
    reportFromCaptures(queryOf(connection), columns, {
      ...{ ...selection, segment, segmentName: by, threshold, positive, minLabels },
      calibration: columns.kind === 'scores' && isCalibrated ? scores : undefined,
      trained: manifest.metrics,
    }),
  );
}

/** Runs SQL on a connection. */
export function queryOf(connection: DuckDBConnection): Query {
  return async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS();
}

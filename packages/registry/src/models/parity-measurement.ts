import { parityHtml, type ParityReport } from '@fairlead/parity';
import { type AuditContext, auditOptions } from '../checks/audit-context.ts';
import { checkOptions } from '../checks/check-options.ts';
import type { NewMeasurement } from './record-measurement.ts';

/** Settings of `recordParity`. */
export interface RecordParityOptions extends AuditContext {
  /** Description of the original: `scikit-learn under Flask`. */
  readonly original: string;
}

/** Converts a report to the measurement `parity`, with its page `parity.html`. */
export function parityMeasurement(
  { model, version }: { readonly model: string; readonly version: number },
  report: ParityReport,
  options: RecordParityOptions,
): NewMeasurement {
  const { original, ...audit } = checkOptions('recordParity', options, {
    ...auditOptions,
    original: 'required',
  });
  // JSON has no infinity; the maximum fails every threshold as well.
  const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);
  return {
    ...audit,
    name: 'parity',
    value: finite(report.parity),
    details: {
      original,
      rows: report.rows,
      outputs: report.outputs.map((output) => ({
        ...output,
        maxAbsolute: finite(output.maxAbsolute),
        maxRelative: finite(output.maxRelative),
        meanAbsolute: finite(output.meanAbsolute),
      })),
    },
    documents: { 'parity.html': Buffer.from(parityHtml(report, { model, version, original })) },
  };
}

import { parityHtml, type ParityReport } from '@fairlead/parity';
import type { Deed, Journal } from './journal.ts';
import type { ModelEvent } from '../events/model-event.ts';

/** Who compared a version with what. */
export interface RecordParityOptions extends Deed {
  /** What the original is: `scikit-learn under Flask`. */
  readonly original: string;
}

/** Keeps a report as the measurement `parity` of a version, with its page `parity.html`. */
export function recordParity(
  journal: Journal,
  model: string,
  version: number,
  report: ParityReport,
  { original, ...deed }: RecordParityOptions,
): Promise<ModelEvent> {
  const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);
  const html = parityHtml(report, { model, version, original });
  return journal.measure(model, version, {
    ...deed,
    name: 'parity',
    // JSON has no infinity; this fails every threshold as well.
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
    documents: { 'parity.html': Buffer.from(html) },
  });
}

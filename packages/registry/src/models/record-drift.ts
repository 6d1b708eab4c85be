import { type AuditContext, auditOptions } from '../checks/audit-context.ts';
import { checkOptions } from '../checks/check-options.ts';
import { checkLabel, invalidOption } from '../checks/invalid-option.ts';
import type { ModelEvent } from '../events/model-event.ts';
import { recordEvent } from './record-event.ts';
import type { RegistryLogs } from './registry-logs.ts';

/** A feature or output of a version whose values drift. */
export interface DriftedColumn {
  readonly name: string;
  readonly role: 'feature' | 'output';
  /** Sentence that says what moved, from where to where. */
  readonly explanation?: string;
}

/** A change of the drift verdict on a version. */
export interface DriftChange extends AuditContext {
  readonly change: 'began' | 'ended';
  /** Id of the verdict, such as its key in the store: of several writers of a change of a verdict one records it. */
  readonly verdict: string;
  /** Features and outputs with the change; an event has the first 200, and the number of all. */
  readonly columns: readonly DriftedColumn[];
  /** Begin and end of the judged span, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

// Together an event stays below its limit of 256 KiB.
const MAX_COLUMNS = 200;
const MAX_EXPLANATIONS = 50;
const MAX_NAME_LENGTH = 200;
const MAX_EXPLANATION_LENGTH = 400;

/** Records a change of the drift verdict on a version, once. */
export async function recordDrift(
  logs: RegistryLogs,
  subject: { readonly model: string; readonly version: number },
  options: DriftChange,
): Promise<ModelEvent> {
  const { change, verdict, columns, from, to, ...audit } = checkOptions('recordDrift', options, {
    ...auditOptions,
    change: 'required',
    verdict: 'required',
    columns: 'required',
    from: 'required',
    to: 'required',
  });
  checkLabel('verdict', verdict);
  if (!['began', 'ended'].includes(change)) {
    throw invalidOption(`change is ${JSON.stringify(change)}: it has to be "began" or "ended"`);
  }
  const type = `drift-${change}` as const;
  const data = {
    verdict,
    from: timeText('from', from),
    to: timeText('to', to),
    count: columns.length,
    columns: columns.slice(0, MAX_COLUMNS).map(({ name, role, explanation }, index) => ({
      name: shorten(name, MAX_NAME_LENGTH),
      role,
      ...(explanation !== undefined &&
        index < MAX_EXPLANATIONS && { explanation: shorten(explanation, MAX_EXPLANATION_LENGTH) }),
    })),
  };
  return recordEvent(
    logs,
    subject,
    type,
    data,
    audit,
    (event) =>
      event.type === type && event.version === subject.version && event.data.verdict === verdict,
  );
}

function timeText(name: string, time: number): string {
  const date = new Date(time);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw invalidOption(`${name} is ${time}: it has to be a time in milliseconds since the epoch`);
}

function shorten(text: string, maxLength: number): string {
  const printable = text.replace(/\p{Cc}/gu, ' ');
  return printable.length <= maxLength ? printable : `${printable.slice(0, maxLength - 1)}…`;
}

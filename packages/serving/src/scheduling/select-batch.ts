import type { BatchLimits } from './batch-limits.ts';
import type { Ticket } from './ticket.ts';

/** Limits of {@link selectBatch}. */
export interface BatchSelection {
  /** Undefined when requests can't share an execution. */
  readonly batching: BatchLimits | undefined;
  /** Number of requests after which the batch ends. */
  readonly maxTickets: number;
  /** Called with tickets whose deadline has passed, in place of adding them. */
  readonly expire: (ticket: Ticket) => void;
}

/** Selects the next requests that are executed together, in the order of the queue. */
export function selectBatch(
  queue: Iterable<Ticket>,
  { batching, maxTickets, expire }: BatchSelection,
): readonly Ticket[] {
  const now = performance.now();
  const members: Ticket[] = [];
  let rows = 0;
  let bytes = 0;
  for (const ticket of queue) {
    if (ticket.deadlineAt <= now) {
      expire(ticket);
      continue;
    }
    const [first] = members;
    if (first === undefined) {
      members.push(ticket);
      if (batching === undefined || ticket.rows === undefined) break;
      rows = ticket.rows;
      ({ bytes } = ticket);
      if (bytes > rows * (batching.maxRowBytes ?? Infinity)) break;
    } else if (
      batching !== undefined &&
      ticket.rows !== undefined &&
      ticket.shapeKey === first.shapeKey &&
      rows + ticket.rows <= batching.maxRows &&
      bytes + ticket.bytes <= batching.maxBytes
    ) {
      members.push(ticket);
      rows += ticket.rows;
      bytes += ticket.bytes;
    }
    if (members.length >= maxTickets) break;
    if (batching !== undefined && rows >= batching.maxRows) break;
  }
  return members;
}

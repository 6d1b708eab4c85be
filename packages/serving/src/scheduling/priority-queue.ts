import { LinkedList, type Link } from './linked-list.ts';
import type { Ticket } from './ticket.ts';

/** Priority of work that no client waits for on a connection: after everything else. */
export const LAST_PRIORITY = Infinity;

/** Tickets by priority and, within one, by arrival; leaving early costs nothing. */
export class PriorityQueue {
  /** From the highest priority to the lowest; few, so that looking through them is cheap. */
  readonly #levels: { readonly priority: number; readonly tickets: LinkedList<Ticket> }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** 0, the protocol's default, comes after every priority that a client can ask for. */
  add(ticket: Ticket, priority = 0): Link<Ticket> {
    const rank = priority === 0 ? Number.MAX_VALUE : priority;
    let level = this.#levels.find((each) => each.priority === rank);
    if (level === undefined) {
      level = { priority: rank, tickets: new LinkedList() };
      this.#levels.push(level);
      this.#levels.sort((a, b) => a.priority - b.priority);
    }
    this.#size += 1;
    return level.tickets.add(ticket);
  }

  delete(link: Link<Ticket>): void {
    if (link.list === undefined) return;
    link.list.delete(link);
    this.#size -= 1;
  }

  /** The current ticket may be removed during the iteration, others not. */
  *[Symbol.iterator](): Iterator<Ticket> {
    for (const { tickets } of this.#levels) yield* tickets;
  }
}

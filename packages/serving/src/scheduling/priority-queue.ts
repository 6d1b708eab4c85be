import type { Ticket } from './ticket.ts';

/** Tickets by priority and, within one, by arrival; leaving early costs nothing. */
export class PriorityQueue {
  /** From the highest priority to the lowest; few, so that looking through them is cheap. */
  readonly #levels: { readonly priority: number; readonly tickets: Set<Ticket> }[] = [];
  readonly #levelOf = new Map<Ticket, Set<Ticket>>();

  get size(): number {
    return this.#levelOf.size;
  }

  /** 0, the protocol's default, comes after every other priority. */
  add(ticket: Ticket, priority = 0): void {
    const rank = priority === 0 ? Infinity : priority;
    let level = this.#levels.find((each) => each.priority === rank);
    if (level === undefined) {
      level = { priority: rank, tickets: new Set() };
      this.#levels.push(level);
      this.#levels.sort((a, b) => a.priority - b.priority);
    }
    level.tickets.add(ticket);
    this.#levelOf.set(ticket, level.tickets);
  }

  delete(ticket: Ticket): boolean {
    this.#levelOf.get(ticket)?.delete(ticket);
    return this.#levelOf.delete(ticket);
  }

  *[Symbol.iterator](): Iterator<Ticket> {
    for (const { tickets } of this.#levels) yield* tickets;
  }
}

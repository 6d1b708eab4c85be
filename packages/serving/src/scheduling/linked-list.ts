/** Position of one value in a {@link LinkedList}. */
export interface Link<T> {
  readonly value: T;
  previous: Link<T> | undefined;
  next: Link<T> | undefined;
  list: LinkedList<T> | undefined;
}

/**
 * Values in the order of their arrival, each of which can leave at any time.
 *
 * Not a `Set`: one that values pass through is rehashed every few dozen of them, V8 links each outgrown table to its
 * successor, and once the first of the chain is old every value in it outlives the young generation. With a request in
 * each ticket that made scavenges five times as long.
 */
export class LinkedList<T> implements Iterable<T> {
  #first: Link<T> | undefined;
  #last: Link<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(value: T): Link<T> {
    const link: Link<T> = { value, previous: this.#last, next: undefined, list: this };
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#size += 1;
    return link;
  }

  /** Removes a link; does nothing if it was removed before. */
  delete(link: Link<T>): void {
    if (link.list !== this) return;
    const { previous, next } = link;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // A removed link must not reference later ones.
    link.previous = link.next = link.list = undefined;
    this.#size -= 1;
  }

  /** The current value may be removed during the iteration, others not. */
  *[Symbol.iterator](): Iterator<T> {
    let link = this.#first;
    while (link !== undefined) {
      const { next } = link;
      yield link.value;
      link = next;
    }
  }
}

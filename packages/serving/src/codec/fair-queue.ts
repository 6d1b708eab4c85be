/** A queue from which clients take turns: each item is of another client as long as several have items in it. */
export class FairQueue<T> {
  // A map keeps the order of insertion: its first client is the next one.
  readonly #clients = new Map<string | undefined, T[]>();
  #size = 0;

  /** Items of all clients. */
  get size(): number {
    return this.#size;
  }

  /** Items of one client. */
  sizeOf(client: string | undefined): number {
    return this.#clients.get(client)?.length ?? 0;
  }

  /** Adds an item; those without a client are taken as of one client. */
  push(client: string | undefined, item: T): void {
    const items = this.#clients.get(client);
    if (items === undefined) this.#clients.set(client, [item]);
    else items.push(item);
    this.#size += 1;
  }

  /** Removes the oldest item of the client whose turn it is. */
  shift(): T | undefined {
    for (const [client, items] of this.#clients) {
      const item = items.shift();
      this.#clients.delete(client);
      if (items.length > 0) this.#clients.set(client, items);
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** Removes all items. */
  clear(): readonly T[] {
    const items = [...this.#clients.values()].flat();
    this.#clients.clear();
    this.#size = 0;
    return items;
  }
}

const TIME_DIGITS = 15;

/** Entry of a lease queue, as its file name holds it. */
export interface Entry {
  readonly id: string;
  /** Number of counted leases. */
  readonly attempts: number;
  /** Size of the record in bytes. */
  readonly bytes: number;
}

/** Name of an entry that waits; names sort by the time from which they may be leased. */
export function waitingName({ id, attempts, bytes }: Entry, dueMs: number): string {
  return `${String(Math.ceil(dueMs)).padStart(TIME_DIGITS, '0')}.${attempts}.${bytes}.${id}`;
}

/** Parses the name of an entry that waits; undefined for any other file. */
export function parseWaiting(name: string): (Entry & { readonly dueMs: number }) | undefined {
  const [, dueMs, attempts, bytes, id] = /^(\d{15})\.(\d+)\.(\d+)\.([\w-]{22})$/.exec(name) ?? [];
  if (id === undefined) return undefined;
  return { id, attempts: Number(attempts), bytes: Number(bytes), dueMs: Number(dueMs) };
}

/** Name of a leased entry; `nonce` (8 bytes) makes the name of each lease and extension unique. */
export function claimedName({ id, attempts, bytes }: Entry, leaseMs: number, nonce: Buffer) {
  return `${attempts}.${bytes}.${Math.ceil(leaseMs)}.${id}.${nonce.toString('hex')}`;
}

/** Parses the name of a leased entry; undefined for any other file. */
export function parseClaimed(name: string): (Entry & { readonly leaseMs: number }) | undefined {
  const [, attempts, bytes, leaseMs, id] =
    /^(\d+)\.(\d+)\.(\d+)\.([\w-]{22})\.[0-9a-f]{16}$/.exec(name) ?? [];
  if (id === undefined) return undefined;
  return { id, attempts: Number(attempts), bytes: Number(bytes), leaseMs: Number(leaseMs) };
}

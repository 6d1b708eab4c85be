import { RegistryError } from '../errors/registry-error.ts';
import { count, map, object, oneOf } from '../records/field-checks.ts';

/** How far the logs of one model were forwarded: the number of the last record of each. */
export interface Position {
  readonly versions: number;
  readonly events: number;
  readonly aliases: Readonly<Record<string, number>>;
}

/** How far each model was forwarded; one that isn't there is at its start. */
export type Positions = ReadonlyMap<string, Position>;

/** Before the first record. */
export const START: Position = { versions: 0, events: 0, aliases: {} };

interface StoredPositions {
  readonly formatVersion: 1;
  readonly models: Readonly<Record<string, Position>>;
}

const positionsProblem = object<StoredPositions>({
  formatVersion: oneOf(1),
  models: map(object<Position>({ versions: count, events: count, aliases: map(count) })),
});

/** Writes positions as a cursor keeps them. */
export function encodePositions(positions: Positions): string {
  return JSON.stringify({ formatVersion: 1, models: Object.fromEntries(positions) });
}

/** @throws RegistryError `ERR_REGISTRY_CORRUPT` for what no forwarder wrote. */
export function decodePositions(text: string): Positions {
  try {
    const stored: unknown = JSON.parse(text);
    const problem = positionsProblem(stored);
    if (problem !== undefined) throw new TypeError(problem);
    return new Map(Object.entries((stored as StoredPositions).models));
  } catch (cause) {
    throw new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      'the cursor of the forwarded events is damaged: restore it, or remove it and begin anew, from now or from the start',
      { cause },
    );
  }
}

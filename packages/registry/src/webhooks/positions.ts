import { RegistryError } from '../errors/registry-error.ts';
import { count, map, object, oneOf } from '../records/field-checks.ts';

/** Position in the logs of one model: the number of the last forwarded record of each. */
export interface Position {
  readonly versions: number;
  readonly events: number;
  readonly aliases: Readonly<Record<string, number>>;
}

/** Position of each model; a missing one is at its start. */
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

/** Encodes positions for a cursor. */
export function encodePositions(positions: Positions): string {
  return JSON.stringify({ formatVersion: 1, models: Object.fromEntries(positions) });
}

/** @throws RegistryError `ERR_REGISTRY_CORRUPT` for a text that no forwarder wrote. */
export function decodePositions(text: string): Positions {
  try {
    const stored: unknown = JSON.parse(text);
    const problem = positionsProblem(stored);
    if (problem !== undefined) throw new TypeError(problem);
    return new Map(Object.entries((stored as StoredPositions).models));
  } catch (cause) {
    throw new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      'the cursor of the forwarded events is damaged: restore it, or remove it and start again, from now or from the beginning',
      { cause },
    );
  }
}

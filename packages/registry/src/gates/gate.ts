import { RegistryError } from '../errors/registry-error.ts';

/** Comparison of a value with a threshold. */
export type Comparison = '>=' | '<=';

/** One check that a version has to pass before a guarded alias can be set to it. */
export type Gate =
  | {
      /** A metric of the manifest, else a measurement of that name, against a number. */
      readonly check: 'value';
      readonly name: string;
      readonly comparison: Comparison;
      readonly threshold: number;
    }
  | {
      /** The same against the version that an alias points to; passes when the alias isn't set. */
      readonly check: 'comparison';
      readonly name: string;
      readonly comparison: Comparison;
      /** The alias: `champion`. */
      readonly alias: string;
      /** Added to the value of the alias' version. */
      readonly offset: number;
    }
  /** Minimum number of golden examples, all of which passed when the version was validated. */
  | { readonly check: 'goldenExamples'; readonly atLeast: number }
  /** Backward compatible with the version that the alias points to. */
  | { readonly check: 'signatureCompatible' }
  /** Minimum number of people who approved it; the pusher doesn't count. */
  | { readonly check: 'approvedBy'; readonly people: number };

const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?`;
const VALUE = new RegExp(String.raw`^([A-Za-z_][\w.-]*)\s*(>=|<=)\s*(${NUMBER})$`);
const COMPARED = new RegExp(
  String.raw`^([A-Za-z_][\w.-]*)\s*(>=|<=)\s*([a-z][a-z0-9._-]*)(?:\s+([-+])\s*(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))?$`,
);
const GOLDEN = /^goldenExamples(?:\s+(\d+))?$/;
const APPROVED = /^approvedBy\s+(\d+)$/;
const MAX_TEXT = 200;

/**
 * Reads a gate: `accuracy >= 0.95`, `accuracy >= champion - 0.01`, `p99Ms <= 20`, `parity <= 1e-4`, `goldenExamples 3`,
 * `signatureCompatible`, `approvedBy 1`.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { parseGate } from '@fairlead/registry';
 *
 * const { check } = parseGate('accuracy >= champion - 0.01');
 * console.log(check); // comparison
 * ```
 */
export function parseGate(text: string): Gate {
  const trimmed = text.trim();
  if (trimmed.length <= MAX_TEXT) {
    const gate = readGate(trimmed);
    if (gate !== undefined && hasUsableNumbers(gate)) return gate;
  }
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_OPTION',
    `${JSON.stringify(text.slice(0, 80))} is not a gate, or has a number that is too large: write it as "accuracy >= 0.95", "accuracy >= champion - 0.01", ` +
      '"p99Ms <= 20", "parity <= 1e-4", "goldenExamples 3", "signatureCompatible" or "approvedBy 1"',
  );
}

/** Returns whether every number of a gate is exact enough to be compared with: digits beyond a double become infinite or rounded. */
function hasUsableNumbers(gate: Gate): boolean {
  switch (gate.check) {
    case 'value':
      return Number.isFinite(gate.threshold);
    case 'comparison':
      return Number.isFinite(gate.offset);
    case 'goldenExamples':
      return Number.isSafeInteger(gate.atLeast);
    case 'approvedBy':
      return Number.isSafeInteger(gate.people);
    case 'signatureCompatible':
      return true;
  }
}

function readGate(text: string): Gate | undefined {
  if (text === 'signatureCompatible') return { check: 'signatureCompatible' };
  const golden = GOLDEN.exec(text);
  if (golden) return { check: 'goldenExamples', atLeast: Number(golden[1] ?? 1) };
  const approved = APPROVED.exec(text);
  if (approved) return { check: 'approvedBy', people: Number(approved[1]) };
  const value = VALUE.exec(text);
  if (value) {
    const [, name = '', comparison, threshold] = value;
    return {
      check: 'value',
      name,
      comparison: comparison as Comparison,
      threshold: Number(threshold),
    };
  }
  const compared = COMPARED.exec(text);
  if (!compared) return undefined;
  const [, name = '', comparison, alias = '', sign, offset = '0'] = compared;
  return {
    check: 'comparison',
    name,
    comparison: comparison as Comparison,
    alias,
    offset: sign === '-' ? -Number(offset) : Number(offset),
  };
}

/** Returns whether values of this name have to be measured: a value that the push states isn't enough. */
export function isMeasuredOnly(name: string): boolean {
  return name === 'parity' || name.endsWith('Ms');
}

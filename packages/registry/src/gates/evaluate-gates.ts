import type { GateResult } from '../aliases/alias-gates.ts';
import type { ModelState } from '../events/model-state.ts';
import { untouched } from '../events/model-state.ts';
import type { Manifest } from '../versions/manifest.ts';
import { breakingChanges } from './breaking-changes.ts';
import { type Comparison, type Gate, isMeasuredOnly, parseGate } from './gate.ts';

/** Facts that gates are evaluated on. */
export interface GateContext {
  readonly candidate: Manifest;
  /** Version that the guarded alias points to. */
  readonly present: Manifest | undefined;
  readonly state: ModelState;
  /** Finds the version that another alias points to. */
  readonly versionOf: (alias: string) => Promise<Manifest | undefined>;
}

const MAX_FOUND = 1000;

/** Evaluates each of `gates` (as text); a gate that can't be evaluated fails. */
export async function evaluateGates(
  gates: readonly string[],
  context: GateContext,
): Promise<readonly GateResult[]> {
  const results: GateResult[] = [];
  for (const gate of gates) {
    const { passed, found } = await decide(parseGate(gate), context);
    results.push({ gate, passed, found: found.slice(0, MAX_FOUND) });
  }
  return results;
}

type Verdict = Omit<GateResult, 'gate'>;

async function decide(gate: Gate, context: GateContext): Promise<Verdict> {
  const { candidate, present, state } = context;
  switch (gate.check) {
    case 'value': {
      const value = valueOf(gate.name, candidate, state);
      if (value === undefined) return missing(gate.name, candidate);
      const passed = holds(value.value, gate.comparison, gate.threshold);
      return { passed, found: `${value.value}, ${value.source}` };
    }
    case 'comparison': {
      const value = valueOf(gate.name, candidate, state);
      if (value === undefined) return missing(gate.name, candidate);
      const other = await context.versionOf(gate.alias);
      if (other === undefined) {
        return { passed: true, found: `${value.value}; "${gate.alias}" isn't set yet` };
      }
      const bar = valueOf(gate.name, other, state);
      if (bar === undefined) return missing(gate.name, other);
      return {
        passed: holds(value.value, gate.comparison, bar.value + gate.offset),
        found: `${value.value}, ${value.source}; version ${other.version} has ${bar.value}`,
      };
    }
    case 'goldenExamples':
      return decideGolden(gate.atLeast, candidate, state);
    case 'signatureCompatible': {
      if (present === undefined) return { passed: true, found: 'no previous version' };
      const changes = breakingChanges(present.signature, candidate.signature);
      return {
        passed: changes.length === 0,
        found:
          changes.length === 0
            ? `backward compatible with version ${present.version}`
            : `not backward compatible with version ${present.version}: ${changes.join('; ')}`,
      };
    }
    case 'approvedBy':
      return decideApprovals(gate.people, candidate, state);
  }
}

function holds(value: number, comparison: Comparison, threshold: number): boolean {
  // NaN passes no comparison.
  return comparison === '>=' ? value >= threshold : value <= threshold;
}

function valueOf(
  name: string,
  manifest: Manifest,
  state: ModelState,
): { readonly value: number; readonly source: string } | undefined {
  if (!isMeasuredOnly(name) && Object.hasOwn(manifest.metrics, name)) {
    const value = manifest.metrics[name] ?? NaN;
    return { value, source: `pushed by ${manifest.actor}` };
  }
  const { measurements } = state.versions.get(manifest.version) ?? untouched;
  if (!Object.hasOwn(measurements, name)) return undefined;
  const measured = measurements[name];
  return (
    measured && { value: measured.value, source: `measured by ${measured.actor} at ${measured.at}` }
  );
}

function missing(name: string, { version, metrics }: Manifest): Verdict {
  const found = isMeasuredOnly(name)
    ? `${name} of version ${version} was not measured`
    : `version ${version} has no ${name}, it has ${Object.keys(metrics).slice(0, 10).join(', ') || 'no metrics'}`;
  return { passed: false, found };
}

function decideGolden(atLeast: number, candidate: Manifest, state: ModelState): Verdict {
  const count = candidate.goldenExamples.length;
  if (count < atLeast) return { passed: false, found: goldenExamples(count) };
  const { measurements } = state.versions.get(candidate.version) ?? untouched;
  const tried = measurements.goldenExamples;
  if (tried === undefined) return { passed: false, found: `${goldenExamples(count)}, not run` };
  return {
    passed: tried.value >= count,
    found: `${tried.value} of ${count} passed, run by ${tried.actor} at ${tried.at}`,
  };
}

const goldenExamples = (count: number): string =>
  `${count} golden ${count === 1 ? 'example' : 'examples'}`;

function decideApprovals(people: number, candidate: Manifest, state: ModelState): Verdict {
  const { approvals } = state.versions.get(candidate.version) ?? untouched;
  const others = approvals.filter(({ actor }) => actor !== candidate.actor);
  const who = others.map(({ actor }) => actor).join(', ');
  return {
    passed: others.length >= people,
    found:
      others.length === 0
        ? `not approved by anyone other than ${candidate.actor}, who pushed it`
        : `approved by ${who}`,
  };
}

import type { FeatureSpec, Signature, TensorSpec, ValueSpec } from '@fairlead/signature';

/**
 * Lists the changes from the signature `before` to `after` that break clients of the model, field by field.
 *
 * Empty when every valid request stays valid, and clients can read every answer.
 *
 * @example
 * ```ts
 * import { breakingChanges } from '@fairlead/registry';
 *
 * const before = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }], outputs: [] } as const;
 * const after = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 5] }], outputs: [] } as const;
 * console.log(breakingChanges(before, after).join()); // input "x" changed its shape from [-1,4] to [-1,5]
 * ```
 */
export function breakingChanges(before: Signature, after: Signature): readonly string[] {
  return [
    ...compareTensors('input', before.inputs, after.inputs),
    ...compareTensors('output', before.outputs, after.outputs),
  ];
}

type Direction = 'input' | 'output';

function compareTensors(
  direction: Direction,
  before: readonly TensorSpec[],
  after: readonly TensorSpec[],
): string[] {
  const changes: string[] = [];
  const added = after.filter(({ name }) => !before.some((spec) => spec.name === name));
  const renamed = new Set<TensorSpec>();
  for (const spec of before) {
    const now = after.find(({ name }) => name === spec.name);
    if (now !== undefined) {
      changes.push(...compareTensor(direction, spec, now));
      continue;
    }
    const twin = added.find(
      (other) => !renamed.has(other) && other.datatype === spec.datatype && sameShape(other, spec),
    );
    if (twin === undefined) changes.push(`${direction} "${spec.name}" was removed`);
    else {
      renamed.add(twin);
      changes.push(`${direction} "${spec.name}" was renamed to "${twin.name}", or replaced by it`);
    }
  }
  // A further output breaks no client; clients don't send a further input.
  if (direction === 'input') {
    for (const spec of added) {
      if (!renamed.has(spec)) changes.push(`input "${spec.name}" was added, which no client sends`);
    }
  }
  return changes;
}

function sameShape(a: TensorSpec, b: TensorSpec): boolean {
  return (
    a.shape.length === b.shape.length && a.shape.every((length, index) => length === b.shape[index])
  );
}

function compareTensor(direction: Direction, before: TensorSpec, after: TensorSpec): string[] {
  const place = `${direction} "${before.name}"`;
  const changes: string[] = [];
  if (before.datatype !== after.datatype) {
    changes.push(`${place} changed its datatype from ${before.datatype} to ${after.datatype}`);
  }
  if (!shapeFits(direction, before.shape, after.shape)) {
    changes.push(
      `${place} changed its shape from [${before.shape.join(',')}] to [${after.shape.join(',')}]`,
    );
  }
  changes.push(...compareValues(direction, place, before, after));
  changes.push(...compareFeatures(direction, place, before.features, after.features));
  return changes;
}

/** An input may accept more lengths than before, and an output have fewer. */
function shapeFits(
  direction: Direction,
  before: readonly number[],
  after: readonly number[],
): boolean {
  const [given, taken] = direction === 'input' ? [before, after] : [after, before];
  return (
    given.length === taken.length &&
    given.every((length, index) => taken[index] === -1 || taken[index] === length)
  );
}

function compareFeatures(
  direction: Direction,
  place: string,
  before: readonly FeatureSpec[] = [],
  after: readonly FeatureSpec[] = [],
): string[] {
  // Names that only one of them has say nothing of what changed.
  if (before.length === 0 || after.length === 0) {
    return after.flatMap((feature) =>
      compareValues(direction, `feature "${feature.name}" of ${place}`, {}, feature, true),
    );
  }
  return before.flatMap((feature, index) => {
    const now = after[index];
    if (now === undefined) return [];
    if (now.name !== feature.name) {
      return [`${place} has "${now.name}" where feature ${index} was "${feature.name}"`];
    }
    return compareValues(direction, `feature "${feature.name}" of ${place}`, feature, now);
  });
}

function compareValues(
  direction: Direction,
  place: string,
  before: ValueSpec,
  after: ValueSpec,
  unitsWereUnknown = before.units === undefined,
): string[] {
  const changes: string[] = [];
  if (!unitsWereUnknown && before.units !== after.units) {
    changes.push(
      `${place} changed its units from ${before.units ?? 'none'} to ${after.units ?? 'none'}`,
    );
  }
  // The model has to accept what clients send, and clients have to be able to read what it returns.
  const [given, taken] = direction === 'input' ? [before, after] : [after, before];
  const word = direction === 'input' ? 'narrowed' : 'widened';
  const { min = -Infinity, max = Infinity } = given.range ?? {};
  const { min: lowest = -Infinity, max: highest = Infinity } = taken.range ?? {};
  const listed = given.categories?.every((each) => typeof each === 'number') ?? false;
  if (!listed && (min < lowest || max > highest)) {
    changes.push(`${place} ${word} its range from ${showRange(before)} to ${showRange(after)}`);
  }
  if (taken.categories !== undefined) {
    const allowed = new Set(taken.categories);
    const other = given.categories?.filter((each) => !allowed.has(each));
    if (other === undefined) {
      changes.push(
        direction === 'input'
          ? `${place} takes only ${taken.categories.length} categories now`
          : `${place} no longer keeps to its ${taken.categories.length} categories`,
      );
    } else if (other.length > 0) {
      const shown = other.slice(0, 5).map((each) => JSON.stringify(each));
      const verb = direction === 'input' ? 'no longer takes' : 'can now be';
      changes.push(`${place} ${verb} ${shown.join(', ')}${other.length > 5 ? ', …' : ''}`);
    }
  }
  return changes;
}

function showRange({ range }: ValueSpec): string {
  return range === undefined ? 'any' : `${range.min ?? '-∞'}…${range.max ?? '∞'}`;
}

import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '@fairlead/registry';
import type { TensorSpec } from '@fairlead/signature';
import type { VersionDetails } from '../registry/read-version.ts';

/** A value that both versions, or one of them, have. */
export interface Difference<T> {
  readonly name: string;
  readonly before?: T;
  readonly after?: T;
}

/** Two versions of a model, side by side. */
export interface VersionComparison {
  readonly model: string;
  readonly before: number;
  readonly after: number;
  /** All metrics of either. */
  readonly metrics: readonly Difference<number>[];
  /** All that was measured of either; the newest of each name. */
  readonly measurements: readonly Difference<number>[];
  /** Inputs and outputs that aren't the same in both: `input x`. */
  readonly tensors: readonly Difference<TensorSpec>[];
  /** All files of either, with their hashes. */
  readonly files: readonly Difference<{ readonly sha256: string; readonly size: number }>[];
  /** What of the lineage, of the runtime and of its options isn't the same. */
  readonly lineage: readonly Difference<unknown>[];
}

/** Sets two versions side by side. */
export function compareVersions(one: VersionDetails, other: VersionDetails): VersionComparison {
  const [before, after] = [one.manifest, other.manifest];
  const measured = ({ state }: VersionDetails): Readonly<Record<string, number>> =>
    Object.fromEntries(Object.values(state.measurements).map(({ name, value }) => [name, value]));
  return {
    model: before.model,
    before: before.version,
    after: after.version,
    metrics: pair(before.metrics, after.metrics),
    measurements: pair(measured(one), measured(other)),
    tensors: changed(pair(tensorsOf(before), tensorsOf(after))),
    files: pair(filesOf(before), filesOf(after)),
    lineage: changed(pair(originOf(before), originOf(after))),
  };
}

/** Whether a value is the same in both. */
export function isSame({ before, after }: Difference<unknown>): boolean {
  return isDeepStrictEqual(before, after);
}

function changed<T>(differences: readonly Difference<T>[]): readonly Difference<T>[] {
  return differences.filter((difference) => !isSame(difference));
}

function pair<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): readonly Difference<T>[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].map((name) => {
    const [was, is] = [own(before, name), own(after, name)];
    return {
      name,
      ...(was !== undefined && { before: was }),
      ...(is !== undefined && { after: is }),
    };
  });
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function tensorsOf({ signature }: Manifest): Readonly<Record<string, TensorSpec>> {
  return Object.fromEntries([
    ...signature.inputs.map((spec) => [`input ${spec.name}`, spec] as const),
    ...signature.outputs.map((spec) => [`output ${spec.name}`, spec] as const),
  ]);
}

function filesOf({ files }: Manifest): VersionFiles {
  return Object.fromEntries(files.map(({ path, sha256, size }) => [path, { sha256, size }]));
}

type VersionFiles = Readonly<Record<string, { readonly sha256: string; readonly size: number }>>;

/** Where a version comes from and how it runs, flat: parameters and frameworks one by one. */
function originOf({
  lineage,
  runtime,
  goldenExamples,
}: Manifest): Readonly<Record<string, unknown>> {
  const { parameters = {}, frameworks = {}, ...rest } = lineage;
  const named = (group: string, values: object) =>
    Object.entries(values).map(
      ([name, value]: [string, unknown]) => [`${group} ${name}`, value] as const,
    );
  return Object.fromEntries([
    ['runtime', runtime.name],
    ...named('runtime', runtime.options),
    ['golden examples', goldenExamples.length],
    ...Object.entries(rest),
    ...named('parameter', parameters),
    ...named('framework', frameworks),
  ]);
}

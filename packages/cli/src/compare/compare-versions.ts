import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '@fairlead/registry';
import type { TensorSpec } from '@fairlead/signature';
import type { VersionDetails } from '../registry/read-version.ts';

/** A value of both versions, or of one. */
export interface Difference<T> {
  readonly name: string;
  readonly before?: T;
  readonly after?: T;
}

/** Comparison of two versions of a model. */
export interface VersionComparison {
  readonly model: string;
  readonly before: number;
  readonly after: number;
  /** All metrics of both. */
  readonly metrics: readonly Difference<number>[];
  /** All measurements of both; the newest of each name. */
  readonly measurements: readonly Difference<number>[];
  /** Inputs and outputs that differ: `input x`. */
  readonly tensors: readonly Difference<TensorSpec>[];
  /** All files of both, with their hashes. */
  readonly files: readonly Difference<{ readonly sha256: string; readonly size: number }>[];
  /** Differences of lineage, runtime and runtime options. */
  readonly lineage: readonly Difference<unknown>[];
}

/** Compares two versions. */
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

/** Returns whether a value is the same in both. */
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

/** Lineage and runtime of a version as flat names: each parameter and framework is one. */
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

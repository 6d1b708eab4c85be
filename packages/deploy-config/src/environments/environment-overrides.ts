import type { EnvironmentInput } from './environment-input.ts';

/** Settings that are objects, merged member by member. */
export type EnvironmentSection = 'release' | 'ssh' | 'ssm' | 'balancer' | 'registry' | 'stack';

/** Settings that an environment has in common with others, or that replace those of a base; `undefined` removes a setting. */
export type EnvironmentOverrides = {
  readonly [Name in keyof EnvironmentInput]?:
    | (Name extends EnvironmentSection
        ? PartialEnvironmentSection<NonNullable<EnvironmentInput[Name]>>
        : EnvironmentInput[Name])
    | undefined;
};

/** Members of such an object, each of which may be left out; `undefined` removes one. */
export type PartialEnvironmentSection<T> = T extends object
  ? { readonly [Name in keyof T]?: T[Name] | undefined }
  : never;

/** Settings of an environment beside those of `Base`: what the base lacks is required. */
export type EnvironmentWith<Base> = EnvironmentOverrides &
  (Base extends { readonly hosts: object } ? unknown : Pick<EnvironmentInput, 'hosts'>) &
  (Base extends { readonly release: { readonly entry: string } }
    ? unknown
    : { readonly release: { readonly entry: string } });

/**
 * Returns the settings of a base with those of an environment: objects are merged member by member, other values and lists are
 * replaced, and `undefined` removes a setting.
 */
export function mergeSettings(base: unknown, overrides: unknown): unknown {
  if (!isSection(base) || !isSection(overrides)) return overrides;
  // Another kind of balancer has other settings.
  if (overrides.kind !== undefined && overrides.kind !== base.kind) return overrides;
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) merged.delete(name);
    // A deployment is checked as a whole.
    else merged.set(name, name === 'deployment' ? value : mergeSettings(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

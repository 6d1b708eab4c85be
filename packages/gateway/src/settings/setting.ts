import type { z } from 'zod';

/** A setting: its variable, its schema, and its description in `docs/settings.md`. */
export interface Setting<T> {
  readonly variable: string;
  /** The name that the variable had in version 0.1; read with a warning. */
  readonly formerly?: string | undefined;
  readonly schema: z.ZodType<T, string | undefined>;
  /** The default; none means that it may be absent. */
  readonly fallback: string | undefined;
  readonly description: string;
}

/** Makes a setting, whose type is what its schema reads. */
export function setting<T>(
  variable: string,
  schema: z.ZodType<T, string | undefined>,
  fallback: string | undefined,
  description: string,
  formerly?: string,
): Setting<T> {
  return { variable, schema, fallback, description, formerly };
}

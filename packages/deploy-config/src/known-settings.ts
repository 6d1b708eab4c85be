import * as z from 'zod';

/**
 * Returns the names that an object of the schema may have at a path; empty where the schema has no object.
 *
 * Of alternatives that a value chooses between (by `scheme`, for example), only the chosen one counts when `value` is given.
 */
export function knownSettings(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  value?: unknown,
): readonly string[] {
  const [step, ...rest] = path;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPipe) {
    const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema.in;
    return knownSettings(inner as z.ZodType, path, value);
  }
  if (schema instanceof z.ZodUnion) {
    const options = schema.options as readonly z.ZodType[];
    const chosen = options.filter((option) => accepts(schema, option, value));
    return (chosen.length > 0 ? chosen : options).flatMap((option) =>
      knownSettings(option, path, value),
    );
  }
  if (schema instanceof z.ZodArray && step !== undefined && /^\d+$/.test(String(step))) {
    return knownSettings(schema.element as z.ZodType, rest, valueAt(value, [step]));
  }
  if (schema instanceof z.ZodRecord && step !== undefined) {
    return knownSettings(schema.valueType as z.ZodType, rest, valueAt(value, [step]));
  }
  if (!(schema instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<string, unknown>> = schema.shape;
  if (step === undefined) return Object.keys(shape);
  const inner = shape[String(step)];
  return inner instanceof z.ZodType ? knownSettings(inner, rest, valueAt(value, [step])) : [];
}

/** Returns whether the discriminator of the value is the one of the option. */
function accepts(schema: z.ZodUnion, option: z.ZodType, value: unknown): boolean {
  if (!(schema instanceof z.ZodDiscriminatedUnion) || !(option instanceof z.ZodObject))
    return false;
  const { discriminator } = schema.def;
  const kind: unknown = option.shape[discriminator];
  return kind instanceof z.ZodType && kind.safeParse(valueAt(value, [discriminator])).success;
}

/** Returns the value at a path; `undefined` where there is none. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(step))?.[1];
  }
  return value;
}

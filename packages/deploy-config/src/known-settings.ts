import { z } from 'zod';

/** Returns the names that an object of the schema may have at a path; empty where the schema has no object. */
export function knownSettings(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const [step, ...rest] = path;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPipe) {
    const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema.in;
    return knownSettings(inner as z.ZodType, path);
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => knownSettings(option as z.ZodType, path));
  }
  if (schema instanceof z.ZodArray && step !== undefined) {
    return knownSettings(schema.element as z.ZodType, rest);
  }
  if (schema instanceof z.ZodRecord && step !== undefined) {
    return knownSettings(schema.valueType as z.ZodType, rest);
  }
  if (!(schema instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<string, unknown>> = schema.shape;
  if (step === undefined) return Object.keys(shape);
  const inner = shape[String(step)];
  return inner instanceof z.ZodType ? knownSettings(inner, rest) : [];
}

import { DeployConfigError } from '../deploy-config-error.ts';

/** Value that can be written as a Python literal. */
export type PythonValue =
  | null
  | boolean
  | number
  | string
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

function text(value: string): string {
  if (/\p{Surrogate}/u.test(value)) {
    throw new DeployConfigError(
      'ERR_PYTHON_VALUE',
      `The text ${JSON.stringify(value)} is not well-formed Unicode. Remove the lone surrogate.`,
    );
  }
  // JSON and Python differ in one escape: Python reads a pair of \u escapes as two characters.
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff
      ? String.raw`\U${code.toString(16).padStart(8, '0')}`
      : String.raw`\u${code.toString(16).padStart(4, '0')}`;
  });
}

/**
 * Writes a value as a Python literal in ASCII.
 *
 * @throws DeployConfigError `ERR_PYTHON_VALUE` for a number that is not finite or a text that is not Unicode.
 *
 * @example
 * ```ts
 * import { serializePython } from '@fairlead/deploy-config';
 *
 * console.log(serializePython([true, null, 'a'])); // [True, None, "a"]
 * ```
 */
export function serializePython(value: PythonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return Object.is(value, -0) ? '-0.0' : String(value);
    throw new DeployConfigError('ERR_PYTHON_VALUE', `${value} is not a finite number.`);
  }
  if (isList(value)) return `[${value.map(serializePython).join(', ')}]`;
  const entries = Object.entries(value).map(
    ([key, entry]) => `${text(key)}: ${serializePython(entry)}`,
  );
  return `{${entries.join(', ')}}`;
}

function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}

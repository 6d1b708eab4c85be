import { RegistryError } from '../errors/registry-error.ts';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,127}$/;

/** Error for an option or an argument; `problem` names the value and the expected ones. */
export function invalidOption(problem: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_INVALID_OPTION', problem);
}

/**
 * Checks the name of a tag, a measurement or a document.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`
 */
export function checkLabel(noun: string, name: string): void {
  if (NAME.test(name)) return;
  throw invalidOption(
    `${JSON.stringify(name.slice(0, 80))} cannot name a ${noun}: use 1 to 128 letters, digits, ".", "_", "/" and "-"`,
  );
}

/**
 * Checks that an option is an integer from `min` up.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` naming the option and its value.
 */
export function checkInteger(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw invalidOption(`${name} is ${value}: it has to be an integer from ${min} up`);
}

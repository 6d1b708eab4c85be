/** Numbers, booleans, and addresses of networks: a plan that hides these hides open ports, and none of them is a secret. */
const PLAIN =
  /^(?:-?\d{1,10}(?:\.\d{1,6})?|true|false|\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?|[\da-f:]*::?[\da-f:]*\/\d{1,3})$/i;

/**
 * Describes the change of a property by its path, with its values only if both can be shown: other values may be secrets, such as
 * variables of a program or user data, and a plan is printed in logs of pipelines.
 *
 * @param before text of the value; `undefined` for none
 */
export function valueChange(
  path: string,
  before: string | undefined,
  after: string | undefined,
): string {
  const values = [before, after];
  const isPlain = values.every((value) => value === undefined || PLAIN.test(value));
  return isPlain ? `${path}: ${values.map((value) => value ?? 'none').join(' → ')}` : path;
}

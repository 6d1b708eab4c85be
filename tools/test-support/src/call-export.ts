type AnyFunction = (...args: readonly unknown[]) => unknown;

/**
 * Calls an exported function, or constructs an exported class, as plain JavaScript does: with any arguments. Resolves to its result, or to
 * the error that it throws or rejects with.
 *
 * @param name - its name; that of a class begins with an upper-case letter
 */
export async function callExport(
  name: string,
  value: unknown,
  args: readonly unknown[],
): Promise<unknown> {
  try {
    return await (/^[A-Z]/.test(name)
      ? Reflect.construct(value as new () => object, [...args])
      : (value as AnyFunction)(...args));
  } catch (error) {
    return error;
  }
}

/**
 * Checks the structure of golden examples, so that an error names the example and the field of the file.
 *
 * The registry checks their values against the signature.
 *
 * @throws Error naming the example, the field, what was expected and what was found.
 */
export function checkExamples(examples: readonly unknown[]): void {
  for (const [index, example] of examples.entries()) {
    const place = `golden example ${index}`;
    if (!isObject(example)) throw wrong(place, '{"inputs": […], "outputs": […]}', example);
    for (const side of ['inputs', 'outputs']) checkTensors(`${place}, ${side}`, example[side]);
  }
}

function checkTensors(place: string, tensors: unknown): void {
  const form = '{"name", "datatype", "shape", "data"}';
  if (!Array.isArray(tensors)) throw wrong(place, `a list of ${form}`, tensors);
  for (const [index, tensor] of tensors.entries()) {
    if (!isObject(tensor)) throw wrong(`${place}: tensor ${index}`, form, tensor);
    const { name, shape, data } = tensor;
    const which = `${place}: tensor ${typeof name === 'string' ? JSON.stringify(name) : index}`;
    if (typeof name !== 'string') throw wrong(`${which}, name`, 'a text', name);
    if (!Array.isArray(shape)) throw wrong(`${which}, shape`, 'a list of lengths', shape);
    if (!Array.isArray(data))
      throw wrong(`${which}, data`, 'a list of elements, also for a single one: [1.5]', data);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(place: string, expected: string, found: unknown): Error {
  return new Error(`${place}: expected ${expected}, found ${describe(found)}`);
}

const NON_FINITE = new Set(['NaN', 'Infinity', '-Infinity']);

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string' && NON_FINITE.has(value)) return value;
  return typeof value === 'object'
    ? 'an object'
    : `the ${typeof value} ${JSON.stringify(value).slice(0, 60)}`;
}

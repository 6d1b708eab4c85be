interface ExampleInput {
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

interface ModelInput {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Shortens an example request to its first row, where all inputs have the same number of rows and the model accepts any number; returns other examples as they are.
 */
export function shortenExample(example: object, inputs: readonly ModelInput[]): object {
  const { inputs: given } = example as { readonly inputs?: unknown };
  if (!Array.isArray(given) || given.length === 0 || !given.every(isInput)) return example;
  const rows = given[0]?.shape[0] ?? 0;
  const isRow = given.every(({ shape }) => shape[0] === rows);
  const isFree = inputs.length > 0 && inputs.every(({ shape }) => shape[0] === -1);
  if (rows < 2 || !isRow || !isFree) return example;
  return { ...example, inputs: given.map(firstRow) };
}

function isInput(value: unknown): value is ExampleInput {
  const { shape, data } = Object(value) as Partial<ExampleInput>;
  return Array.isArray(shape) && Array.isArray(data) && Number.isInteger(data.length / shape[0]);
}

/** Data is either a list of rows, or flat. */
function firstRow(input: ExampleInput): ExampleInput {
  const [rows = 1, ...rest] = input.shape;
  return { ...input, shape: [1, ...rest], data: input.data.slice(0, input.data.length / rows) };
}

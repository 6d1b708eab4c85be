/** Elements in lists of lists, as row-wise protocols write a tensor. */
export function nest(elements: readonly unknown[], shape: readonly number[]): unknown {
  const [length, ...rest] = shape;
  if (length === undefined) return elements[0];
  const size = rest.reduce((product, each) => product * each, 1);
  return Array.from({ length }, (_, row) =>
    nest(elements.slice(row * size, (row + 1) * size), rest),
  );
}

/** Label of the interval of a number, such as `0.1 to 0.2`, with ascending limits between the intervals. */
export function intervalLabel(value: number, edges: readonly number[]): string {
  if (Number.isNaN(value)) return 'NaN';
  const index = edges.findIndex((edge) => value < edge);
  if (index === 0) return `below ${edges[0]}`;
  return index < 0 ? `from ${edges.at(-1)}` : `${edges[index - 1]} to ${edges[index]}`;
}

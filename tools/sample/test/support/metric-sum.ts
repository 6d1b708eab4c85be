/** Adds up the samples of a metric with these labels, in the text format of Prometheus. */
export function metricSum(
  page: string,
  name: string,
  labels: Readonly<Record<string, string>>,
): number {
  const expected = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const samples = page
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && expected.every((each) => line.includes(each)));
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

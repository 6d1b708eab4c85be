/** Adds up the samples of a metric whose labels include these, on a page for Prometheus. */
export function metricSum(
  page: string,
  name: string,
  labels: Readonly<Record<string, string>>,
): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const samples = page
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((each) => line.includes(each)));
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

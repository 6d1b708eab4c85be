import type { Registry } from 'prom-client';

/** The samples of a registry as Prometheus would read them: `name{label="value"}` → value. */
export async function prometheusSamples(registry: Registry): Promise<Map<string, number>> {
  return parsePrometheusPage(await registry.metrics());
}

/** Reads the text exposition format, and fails on a line that is neither a comment nor a sample. */
export function parsePrometheusPage(page: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of page.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)$/.exec(line);
    if (match?.[1] === undefined) throw new Error(`Not a sample: ${line}`);
    if (samples.has(match[1])) throw new Error(`Twice on the page: ${match[1]}`);
    samples.set(match[1], Number(match[2]));
  }
  return samples;
}

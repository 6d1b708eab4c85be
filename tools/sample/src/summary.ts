import type { ModelRegistry } from '@fairlead/registry';
import type { GoldenPrediction } from './golden-predictions.ts';

/** Formats the output when everything is ready: addresses, models, and example requests. */
export async function summarize(
  registry: ModelRegistry,
  predictions: readonly GoldenPrediction[],
  {
    port,
    grpcPort,
    reports,
  }: { readonly port: number; readonly grpcPort: number; readonly reports: readonly string[] },
  key: string,
): Promise<string> {
  const url = `http://127.0.0.1:${port}`;
  const rows = [['model', 'version', 'runtime', 'test accuracy', 'parity']];
  for (const { model, aliases } of await registry.listModels()) {
    const version = aliases.champion;
    if (version === undefined) continue;
    const { manifest } = await registry.openVersion(model, version);
    const accuracy = manifest.metrics.accuracy;
    const { versions } = await registry.model(model).state();
    const parity = versions.get(version)?.measurements.parity?.value;
    rows.push([
      ...[model, String(version), manifest.runtime.name],
      ...[accuracy?.toFixed(4) ?? '–', parity?.toExponential(1) ?? '–'],
    ]);
  }
  const curls = predictions.map(({ model, body }) => [
    `# ${model}`,
    `curl -sS -w '\\n' ${url}/v2/models/${model}/infer -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${body}'`,
  ]);
  return [
    '',
    `Ready: ${url}/  (open it in a browser), and gRPC on 127.0.0.1:${grpcPort}`,
    '',
    ...table(rows),
    '',
    'Parity of the exports with their Python originals (open in a browser):',
    ...reports.map((file) => `  ${file}`),
    '',
    'Requests to paste:',
    '',
    ...curls.flat(),
    '# metadata of a model; metrics',
    `curl -sS -w '\\n' ${url}/v2/models/${predictions[0]?.model ?? ''} -H 'Authorization: Bearer ${key}'`,
    `curl -sS -w '\\n' ${url}/metrics -H 'Authorization: Bearer ${key}'`,
    '',
    `kill -USR2 ${process.pid} restarts the gateway without failed requests.`,
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

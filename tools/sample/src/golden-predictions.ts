import type { ModelRegistry } from '@fairlead/registry';
import { httpCall } from './http-call.ts';

/** One prediction that is known, to be asked for through Nginx. */
export interface GoldenPrediction {
  readonly model: string;
  readonly body: string;
  readonly expected: readonly { readonly name: string; readonly data: readonly unknown[] }[];
  readonly tolerance: number;
}

/** The first golden example of the champion of each of these models. */
export async function goldenPredictions(
  registry: ModelRegistry,
  models: ReadonlySet<string>,
): Promise<readonly GoldenPrediction[]> {
  const predictions: GoldenPrediction[] = [];
  for (const { model, aliases } of await registry.listModels()) {
    const version = aliases.champion;
    if (version === undefined || !models.has(model)) continue;
    const { manifest } = await registry.openVersion(model, version);
    const [example] = manifest.goldenExamples;
    if (example === undefined) continue;
    predictions.push({
      model,
      body: JSON.stringify({ inputs: example.inputs }),
      expected: example.outputs,
      tolerance: example.tolerance ?? 1e-4,
    });
  }
  return predictions;
}

/** Undefined when the prediction comes out as it should through Nginx; else what came instead. */
export async function askGolden(
  port: number,
  key: string,
  { model, body, expected, tolerance }: GoldenPrediction,
): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const answer = await httpCall({ port }, `/v2/models/${model}/infer`, { body, headers });
  if (answer.status !== 200)
    return `${model} answers ${answer.status}: ${answer.body.slice(0, 500)}`;
  const { outputs } = JSON.parse(answer.body) as { outputs: { name: string; data: unknown[] }[] };
  for (const { name, data } of expected) {
    const given = outputs.find((output) => output.name === name)?.data ?? [];
    const same =
      data.length === given.length &&
      data.every((value, index) => {
        const difference = Math.abs(Number(value) - Number(given[index]));
        return difference <= tolerance;
      });
    if (!same)
      return `${model} gives ${JSON.stringify(given).slice(0, 200)} for "${name}", not ${JSON.stringify(data).slice(0, 200)}`;
  }
  return undefined;
}

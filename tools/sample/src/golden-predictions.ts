import type { ModelRegistry } from '@fairlead/registry';
import { httpCall } from './http-call.ts';

/** A request with its expected response, to be sent through Nginx. */
export interface GoldenPrediction {
  readonly model: string;
  readonly body: string;
  readonly expected: readonly { readonly name: string; readonly data: readonly unknown[] }[];
  readonly tolerance: number;
}

/** Reads the first golden example of the champion of each of these models. */
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

/** Sends a golden request through Nginx; returns undefined if the response is as expected, else a description of the difference. */
export async function checkPrediction(
  port: number,
  key: string,
  { model, body, expected, tolerance }: GoldenPrediction,
): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const response = await httpCall({ port }, `/v2/models/${model}/infer`, { body, headers });
  if (response.status !== 200)
    return `${model} responds with ${response.status}: ${response.body.slice(0, 500)}`;
  const { outputs } = JSON.parse(response.body) as { outputs: { name: string; data: unknown[] }[] };
  for (const { name, data } of expected) {
    const given = outputs.find((output) => output.name === name)?.data ?? [];
    const same =
      data.length === given.length &&
      data.every((value, index) => {
        const difference = Math.abs(Number(value) - Number(given[index]));
        return difference <= tolerance;
      });
    if (!same)
      return `${model} returns ${JSON.stringify(given).slice(0, 200)} for "${name}", expected ${JSON.stringify(data).slice(0, 200)}`;
  }
  return undefined;
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue, Lineage } from '@fairlead/registry';
import type { GoldenExample, Signature } from '@fairlead/signature';

/** Content of `metadata.json`, which the training writes for each model. */
export interface TrainedModel {
  readonly folder: string;
  readonly model: string;
  readonly title: string;
  readonly signature: Signature;
  readonly metrics: Readonly<Record<string, number>>;
  readonly goldenExamples: readonly GoldenExample[];
  readonly baseline: JsonValue;
  readonly lineage: Lineage;
  readonly modelCard: string;
}

/** Reads every trained model in a folder, sorted by name. */
export function readTrainedModels(folder: string): readonly TrainedModel[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => {
      const text = readFileSync(join(folder, name, 'metadata.json'), 'utf8');
      // The registry checks every field at the push.
      return { ...(JSON.parse(text) as Omit<TrainedModel, 'folder'>), folder: join(folder, name) };
    })
    .sort((a, b) => a.model.localeCompare(b.model));
}

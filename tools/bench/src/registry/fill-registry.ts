import { ModelRegistry, type ObjectStore } from '@fairlead/registry';

/** Models that are filled at a time. */
const PARALLEL = 16;

/** Pushes `versions` versions of each of `models` models, with a champion each; resolves to the names of the models. */
export async function fillRegistry(
  store: ObjectStore,
  models: number,
  versions: number,
): Promise<readonly string[]> {
  const registry = new ModelRegistry({ store });
  const names = Array.from({ length: models }, (_, index) => `model-${index}`);
  const waiting = [...names];
  const fill = async (): Promise<void> => {
    for (let model = waiting.pop(); model !== undefined; model = waiting.pop()) {
      for (let version = 1; version <= versions; version += 1) {
        await registry.push({
          model,
          runtime: { name: 'onnx' },
          signature: {
            inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 64] }],
            outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 10] }],
          },
          files: { 'model.onnx': Buffer.from('the same weights') },
          metrics: { accuracy: 0.9, version },
          lineage: { parameters: { layers: 3 } },
          actor: 'bench',
        });
      }
      await registry.setAlias(model, 'champion', versions, { actor: 'bench' });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, fill));
  return names;
}

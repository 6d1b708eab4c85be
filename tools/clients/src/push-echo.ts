import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';

const file = new URL('../../../packages/serving/test/models/echo.onnx', import.meta.url);

/** Pushes a model that gives back what it gets, with the datatypes that the sample's models lack. */
export async function pushEcho(folder: string): Promise<void> {
  const kinds = { whole: 'INT64', text: 'BYTES', half: 'FP16', flag: 'BOOL' } as const;
  const specs = (suffix: string) =>
    Object.entries(kinds).map(([name, datatype]) => ({
      name: `${name}${suffix}`,
      datatype,
      shape: [-1],
    }));
  await mkdir(folder, { recursive: true });
  const registry = new ModelRegistry({ store: folderStore(folder) });
  const { manifest } = await registry.push({
    model: 'echo',
    runtime: { name: 'onnx' },
    signature: { inputs: specs(''), outputs: specs('_out') },
    files: { 'model.onnx': fileURLToPath(file) },
    actor: 'test:clients',
  });
  await registry.setAlias('echo', 'champion', manifest.version, { actor: 'test:clients' });
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry, type JsonValue } from '@fairlead/registry';
import { createApiKey } from '@fairlead/security';
import { GATEWAY_NODE_OPTIONS } from '@fairlead/deploy-config';
import { freePort } from './free-port.ts';
import { gatewayProgram } from './gateway-program.ts';
import { requestOf, signatureOf, type BenchModel } from './models.ts';
import { nodeCommand, programCommand, startSide, type Side } from './side.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const PATH = '/v2/models/m/infer';
const PEPPER = 'a pepper for a benchmark, 32 bytes or more';

/** Starts one side of the comparison for one model. */
export type SideStarter = (model: BenchModel, folder: string) => Promise<Side>;

/** The whole guarded path of the sample's gateway, as a release holds it: key, scope, rate limit, checks, metrics, batching. */
export function fairlead(
  name = 'Fairlead, guarded',
  settings:
    Readonly<Record<string, string>> | ((folder: string) => Readonly<Record<string, string>>) = {},
  baselineOf: (model: BenchModel) => JsonValue | undefined = () => undefined,
): SideStarter {
  return async (model, folder) => {
    const registryFolder = mkdtempSync(join(folder, 'registry-'));
    const registry = new ModelRegistry({ store: folderStore(registryFolder) });
    const baseline = baselineOf(model);
    const { manifest } = await registry.push({
      model: 'm',
      ...(baseline !== undefined && { baseline }),
      runtime: { name: 'onnx' },
      signature: signatureOf(model),
      files: { 'model.onnx': model.file },
      actor: 'bench',
    });
    await registry.setAlias('m', 'champion', manifest.version, { actor: 'bench' });
    const { key, record } = createApiKey({ pepper: PEPPER, client: 'bench', scopes: ['infer:*'] });
    const keysFile = join(registryFolder, 'keys.json');
    writeFileSync(keysFile, JSON.stringify({ keys: [record] }), { mode: 0o600 });
    const port = await freePort();
    const environment = {
      // As the rendered unit of a host has it.
      NODE_OPTIONS: GATEWAY_NODE_OPTIONS,
      FAIRLEAD_LISTEN: `127.0.0.1:${port}`,
      FAIRLEAD_REGISTRY: registryFolder,
      FAIRLEAD_KEYS_FILE: keysFile,
      FAIRLEAD_PEPPER: PEPPER,
      FAIRLEAD_RATE_LIMIT: '1000000000',
      // The other sides write no line for each request either.
      FAIRLEAD_LOG_LEVEL: 'warn',
      ...(typeof settings === 'function' ? settings(registryFolder) : settings),
    };
    const command = programCommand(await gatewayProgram(folder));
    const target = { port, path: PATH, headers: { Authorization: `Bearer ${key}` } };
    return startSide(name, command, environment, target, requestOf(model));
  };
}

function nodeSide(name: string, script: string): SideStarter {
  return async (model) => {
    const port = await freePort();
    const columns = model.shape.reduce((product, length) => product * length, 1);
    const args = [String(port), model.file, String(columns), ...model.shape.map(String)];
    const command = nodeCommand(here(script), ...args);
    return startSide(name, command, {}, { port, path: PATH, headers: {} }, requestOf(model));
  };
}

/** The server that one writes first. */
export const naive = nodeSide('naive Express', './server-naive.ts');

/** The limit to approach. */
export const bare = nodeSide('bare limit', './server-bare.ts');

/** Reads the whole request and answers a constant: more than that the load generator can't be shown to do. */
export const constant = nodeSide('load generator’s own limit', './server-constant.ts');

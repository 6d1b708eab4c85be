import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, inject, it } from 'vitest';

import { createConsumer, runNode } from '../src/consumer.ts';
import { allSubpaths, subpathsOf } from '../src/subpaths.ts';
import { workspaceRoot } from '../src/workspace-root.ts';

const packages = inject('packages');

const affine = join(workspaceRoot, 'packages/serving/test/models/affine.onnx');

const MAIN = `
const found = {};
for (const name of process.argv.slice(2)) {
  try {
    found[name] = Object.keys(await load(name)).filter((key) => key !== 'module.exports').sort();
  } catch (error) {
    found[name] = String(error.message);
  }
}
console.log(JSON.stringify(found));`;

/** Loads each subpath in its own way; what it exports, or why it could not be loaded. */
async function load(how: 'import' | 'require', project: string, subpaths: readonly string[]) {
  const file = how === 'import' ? 'main.mjs' : 'main.cjs';
  const { exitCode, output } = await runNode(project, '--no-warnings', file, ...subpaths);
  expect(exitCode, output).toBe(0);
  return JSON.parse(output) as Readonly<Record<string, readonly string[] | string>>;
}

const files = {
  'main.mjs': `const load = (name) => import(name);${MAIN}`,
  'main.cjs': `const load = require; (async () => {${MAIN}})();`,
};

describe('a JavaScript project', { timeout: 120_000 }, () => {
  it('gets the same from every subpath by import and by require()', async () => {
    const subpaths = allSubpaths(packages);
    expect(subpaths).toContain('@fairlead/serving/onnx');
    const project = createConsumer({ files });
    const imported = await load('import', project, subpaths);
    for (const subpath of subpaths) {
      expect(imported[subpath]).toBeInstanceOf(Array);
      expect(imported[subpath]?.length).toBeGreaterThan(0);
    }
    expect(await load('require', project, subpaths)).toEqual(imported);
  });

  it('gets nothing that a package does not export', async () => {
    const inner = packages.map(({ manifest }) => `${manifest.name}/dist/index.js`);
    const found = await load('import', createConsumer({ files }), inner);
    for (const path of inner) expect(found[path]).toMatch(/not (?:defined|exported) by "exports"/);
  });

  it('reads the manifest of every package', async () => {
    const manifests = packages.map(({ manifest }) => `${manifest.name}/package.json`);
    const found = await load('require', createConsumer({ files }), manifests);
    for (const path of manifests) expect(found[path]).toContain('version');
  });

  it('needs an optional peer for no main entry', async () => {
    const optional = packages.filter(({ manifest }) => manifest.peerDependenciesMeta !== undefined);
    expect(optional.length).toBeGreaterThan(0);
    const subpaths = packages.flatMap(({ manifest }) => subpathsOf(manifest).slice(0, 1));
    const found = await load('import', createConsumer({ files, optionalPeers: false }), subpaths);
    for (const subpath of subpaths) expect(found[subpath]).toBeInstanceOf(Array);
  });

  it('gets an error that names the optional peer that a subpath lacks', async () => {
    const project = createConsumer({
      optionalPeers: false,
      files: {
        ...files,
        'onnx.mjs': `
import { onnxRuntime } from '@fairlead/serving/onnx';
const manifest = {
  model: 'digits', version: 1, runtime: { kind: 'onnx' }, signature: { inputs: [], outputs: [] },
};
const artifacts = { manifest, read: async () => new Uint8Array(8) };
await onnxRuntime().load(artifacts, { onEvent: () => {} });`,
      },
    });
    const { exitCode, output } = await runNode(project, '--no-warnings', 'onnx.mjs');
    expect(exitCode).toBe(1);
    expect(output).toMatch(/model "digits" version 1 can't be loaded: .*'onnxruntime-node'/);

    const fairlead = join('node_modules', '@fairlead', 'cli', 'dist', 'bin.js');
    const run = (...args: readonly string[]) =>
      runNode(project, '--no-warnings', fairlead, ...args);
    expect(await run('--help')).toMatchObject({ exitCode: 0 });
    expect(await run('registry', 'init', '--registry', 'registry')).toMatchObject({ exitCode: 0 });
    copyFileSync(affine, join(project, 'model.onnx'));
    const push = await run('model', 'push', 'affine', 'model.onnx', '--registry', 'registry');
    expect(push.exitCode).toBe(2);
    expect(push.output).toContain('npm install onnxruntime-node');
    const list = await run('model', 'list', '--registry', 's3://models/prod');
    expect(list.exitCode).toBe(5);
    expect(list.output).toContain('npm install @aws-sdk/client-s3');

    const [subpath] = ['@fairlead/monitoring/cloudwatch'];
    const found = await load('import', project, [subpath]);
    expect(found[subpath]).toMatch(/'@aws-sdk\/client-cloudwatch'/);
  });
});

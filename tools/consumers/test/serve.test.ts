import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { slowness } from '@fairlead/test-support/slowness';
import { expect, it } from 'vitest';

import { createConsumer, runNode } from '../src/consumer.ts';
import { workspaceRoot } from '../src/workspace-root.ts';

const affine = join(workspaceRoot, 'packages/serving/test/models/affine.onnx');
const bin = 'node_modules/@fairlead/cli/dist/bin.js';
/** From the command to the first prediction, in milliseconds. */
const GOAL_MS = 10_000;

it('predicts by the printed curl within 10 s of `fairlead serve model.onnx`, with nothing but the packages', async () => {
  const project = createConsumer({ files: {} });
  const startedAt = performance.now();
  const child = spawn(process.execPath, [bin, 'serve', affine, '--port', '0'], {
    cwd: project,
    // Neither Python nor Nginx is on this path.
    env: { PATH: '', HOME: project },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let curl = '';
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('curl ')) curl = line;
      if (line.includes('Ctrl-C stops.')) break;
    }
    const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
    expect(performance.now() - startedAt).toBeLessThan(GOAL_MS * slowness());
    expect(JSON.parse(stdout)).toMatchObject({ model_name: 'affine', outputs: [{ name: 'y' }] });
  } finally {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  }
});

it('says what to install when ONNX Runtime is missing', async () => {
  const project = createConsumer({ files: {}, optionalPeers: false });
  const { exitCode, output } = await runNode(project, bin, 'serve', affine);
  expect(exitCode).toBe(2);
  expect(output).toContain('npm install onnxruntime-node');
  expect(output).toContain('[ERR_CLI_NO_RUNTIME]');
});

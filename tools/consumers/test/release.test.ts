import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { createConsumer, runNode } from '../src/consumer.ts';

it('builds a release of a new project that has none of the optional packages but ONNX Runtime', async () => {
  const project = createConsumer({
    files: {},
    optionalPeers: false,
    dependencies: ['onnxruntime-node'],
  });
  const bin = join(project, 'node_modules/@fairlead/cli/dist/bin.js');
  const created = await runNode(project, bin, 'init', 'shop');
  expect(created.exitCode, created.output).toBe(0);
  const shop = join(project, 'shop');
  const built = await runNode(shop, bin, 'release', 'build', '--out', 'dist', '--json');
  expect(built.exitCode, built.output).toBe(0);
  expect(JSON.parse(built.output)).toMatchObject({
    digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });

  // With a registry in S3, the service would end on each host.
  const config = join(shop, 'fairlead.config.ts');
  const text = readFileSync(config, 'utf8');
  writeFileSync(
    config,
    text.replace(/FAIRLEAD_REGISTRY: '[^']*'/, "FAIRLEAD_REGISTRY: 's3://acme'"),
  );
  const refused = await runNode(shop, bin, 'release', 'build', '--out', 'dist');
  expect([refused.exitCode, refused.output]).toEqual([
    1,
    expect.stringContaining(
      "FAIRLEAD_REGISTRY of the deployment needs packages that aren't installed. Run npm install @aws-sdk/client-s3",
    ) as string,
  ]);
});

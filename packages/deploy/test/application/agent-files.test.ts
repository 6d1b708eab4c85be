import type { AbsolutePath } from '@fairlead/deploy-config';
import { expect, it } from 'vitest';

import { agentFiles } from '../../src/application/agent-files.ts';

it('the agent has the SDK of a source only in a release with such secrets', async () => {
  const plain = await agentFiles({
    secrets: [{ from: { file: '/root/keys.json' as AbsolutePath } }],
    backup: undefined,
  });
  expect(plain.map(({ path }) => path)).toEqual(['agent/agent.mjs']);
  const files = await agentFiles({
    backup: { to: 's3://a-bucket' },
    secrets: [
      { from: { ssmParameter: '/shop/pepper' } },
      { from: { ssmParameter: '/shop/other' } },
      { from: { secretsManager: 'shop/production' } },
    ],
  });
  expect(files.map(({ path }) => path)).toEqual([
    ...[
      'agent/agent.mjs',
      'agent/ssm-parameters.mjs',
      'agent/managed-secrets.mjs',
      'agent/host-backup.mjs',
    ],
  ]);
  // The SDKs are outside of the program.
  expect(files[0]).toEqual(plain[0]);
  expect(files.map(({ source }) => Buffer.from(source).includes('SSMClient'))).toEqual([
    ...[false, true, false, false],
  ]);
  expect(Buffer.from(files[3]?.source ?? '').includes('PutObjectCommand')).toBe(true);
});

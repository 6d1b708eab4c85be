import { expect, it } from 'vitest';

import { agentFiles } from '../../src/application/agent-files.ts';

it('the agent has the SDK of a source only in a release with such secrets', async () => {
  const plain = await agentFiles([{ from: { file: '/root/keys.json' } }]);
  expect(plain.map(({ path }) => path)).toEqual(['agent/agent.mjs']);
  const files = await agentFiles([
    { from: { ssmParameter: '/shop/pepper' } },
    { from: { ssmParameter: '/shop/other' } },
    { from: { secretsManager: 'shop/production' } },
  ]);
  expect(files.map(({ path }) => path)).toEqual([
    ...['agent/agent.mjs', 'agent/ssm-parameters.mjs', 'agent/managed-secrets.mjs'],
  ]);
  // The SDKs are outside of the program.
  expect(files[0]).toEqual(plain[0]);
  expect(files.map(({ source }) => Buffer.from(source).includes('SSMClient'))).toEqual([
    ...[false, true, false],
  ]);
});

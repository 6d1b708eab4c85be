import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MIN_NODE, tooOldNode } from '../src/too-old-node.ts';

test.each(['20.20.2', '22.18.9', '18.0.0'])(
  'Node %s is too old, and the message says so',
  (version) => {
    expect(tooOldNode(version)).toMatch(
      new RegExp(`^fairlead needs Node 22\\.19 or later, and this is Node ${version}: `),
    );
  },
);

test.each(['22.19.0', '24.0.0', '100.1.2'])('Node %s is new enough', (version) => {
  expect(tooOldNode(version)).toBeUndefined();
});

test('the manifest, its dependencies and the check name one minimum', () => {
  const read = (path: string) =>
    JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
      engines: { node: string };
    };
  const range = `>=${MIN_NODE.join('.')}`;
  expect(read('../package.json').engines.node).toBe(range);
  expect(read('../../serving/package.json').engines.node).toBe(range);
  expect(read('../../../node_modules/undici/package.json').engines.node).toBe(`${range}.0`);
});

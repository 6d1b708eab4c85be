import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/aws.md'), 'utf8');

/** Commands of the page, in their order. */
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block.trimEnd().split('\n'),
);
/** Files of the page by their names, which the first line of each has. */
const files = [...page.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(
  ([, name = '', text = '']) => ({ name, text }),
);

/** Writes an executable script. */
function writeTool(folder: string, name: string, command: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(join(folder, name), 0o755);
}

test('the page has at most five commands', () => {
  expect(commands.length).toBeLessThanOrEqual(5);
  expect(commands[0]).toContain('npx @fairlead/cli init');
  expect(files.map(({ name }) => name)).toEqual(['fairlead.config.ts', 'release.ts', 'stack.ts']);
});

test('commands that write a release have the condition that the policy of the bucket requires, and the key that hosts read', () => {
  const pages = ['aws', 'ci', 'containers', 'recovery'].map((name) =>
    readFileSync(join(root, `docs/${name}.md`), 'utf8'),
  );
  const writes = pages.join('\n').match(/aws s3(?:api)? (?:cp|mv|sync|put-object) [^`\n]+/g) ?? [];
  expect(writes).toHaveLength(2);
  for (const write of writes) {
    expect(write).toMatch(/--key releases\/archives\/<digest>\.tar /);
    expect(write).toMatch(/ --if-none-match '?\*'?$/);
  }
});

test('the first step prepares the account, and says how each command finds the application', () => {
  const [, steps = ''] = page.split('\n## Deploy it\n');
  const [first = ''] = steps.split('\n2. ');
  const [before = '', after] = first.split('npx cdk deploy ShopStorage');
  expect(after).toBeDefined();
  expect(before).toContain('`npx cdk bootstrap aws://111122223333/eu-central-1`');
  expect(before).toContain('"app": "node stack.ts releases/….tar"');
});

test('its commands lead from nothing to two templates without a finding of cfn-lint', async () => {
  // Inside of the package, where the dependencies of the project resolve: `npm install` of the page installs them elsewhere.
  const folder = mkdtempSync(join(import.meta.dirname, '.page-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  const node = `'${process.execPath}' --conditions=@fairlead/source`;
  writeTool(tools, 'node', node);
  writeTool(tools, 'fairlead', `${node} '${join(root, 'packages/cli/src/bin.ts')}'`);
  writeFileSync(
    join(tools, 'npx'),
    '#!/bin/sh\n[ "$1" = @fairlead/cli ] && shift && set -- fairlead "$@"\nexec "$@"\n',
  );
  chmodSync(join(tools, 'npx'), 0o755);
  writeFileSync(join(tools, 'pipx'), `#!/bin/sh\nshift\nexec "$@"\n`);
  chmodSync(join(tools, 'pipx'), 0o755);
  const PATH = `${tools}:${join(root, '.venv/bin')}:${process.env.PATH ?? ''}`;
  const env = { ...process.env, PATH };
  let cwd = folder;
  const outputs: string[] = [];
  for (const command of commands) {
    if (command.startsWith('npm install')) {
      for (const { name, text } of files) {
        // The packages of the workspace aren't built.
        const sources = text.replace(
          '{ deployment,',
          "{ conditions: ['@fairlead/source'], deployment,",
        );
        writeFileSync(join(cwd, name), sources);
      }
      continue;
    }
    const script = `set -e\n${command}\npwd >'${folder}/pwd'`;
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd, env });
    outputs.push(stdout);
    cwd = readFileSync(join(folder, 'pwd'), 'utf8').trim();
  }
  const [, built, , linted] = outputs;
  const digest = /archives\/([0-9a-f]{64})\.tar$/m.exec(built ?? '')?.[1] ?? '';
  expect(digest).not.toBe('');
  expect(readFileSync(join(cwd, 'cdk.out/Shop.template.json'), 'utf8')).toContain(digest);
  expect(readFileSync(join(cwd, 'cdk.out/ShopStorage.template.json'), 'utf8')).toContain(
    '"acme-shop-models"',
  );
  expect(linted).toBe('');
});

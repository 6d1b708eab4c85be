import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/aws.md'), 'utf8');

interface Template {
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }
    >
  >;
}

/** Returns a file of the page by the comment of its first line. */
function fileOf(comment: string): string {
  const [, text] = page.split(`\`\`\`ts\n// ${comment}\n`);
  expect(text).toBeDefined();
  return text?.split('\n```')[0] ?? '';
}

/** Names that a template gives its resources, of which an account has one each. */
function fixedNames({ Resources }: Template): readonly string[] {
  return Object.values(Resources).flatMap(({ Type, Properties = {} }) => {
    if (Type === 'AWS::IAM::OIDCProvider') return [`${Type} ${String(Properties.Url)}`];
    const own = `${Type.split('::')[2] ?? ''}Name`;
    const name = Properties[own];
    return typeof name === 'string' && Type !== 'AWS::IAM::Policy' ? [`${Type} ${name}`] : [];
  });
}

test('the stacks of two environments in one account give no name twice, and each trusts jobs of its environment', () => {
  // Inside of the package, where the dependencies of the project resolve.
  const folder = mkdtempSync(join(import.meta.dirname, '.stacks-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(join(folder, 'fairlead.config.ts'), fileOf('fairlead.config.ts'));
  writeFileSync(join(folder, 'stacks.ts'), fileOf('stacks.ts, in place of stack.ts'));
  execFileSync(process.execPath, ['--conditions=@fairlead/source', 'stacks.ts'], {
    cwd: folder,
    env: { ...process.env, CDK_OUTDIR: 'cdk.out' },
  });
  const texts = ['ShopStorage', 'ShopStaging', 'Shop'].map((name) =>
    readFileSync(join(folder, `cdk.out/${name}.template.json`), 'utf8'),
  );
  const names = texts.flatMap((text) => fixedNames(JSON.parse(text) as Template));
  expect(names).toContain('AWS::S3::Bucket acme-shop-models');
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
  const [, staging, production] = texts;
  expect(staging).toContain('repo:acme/shop:environment:staging"');
  expect(production).toContain('repo:acme/shop:environment:production"');
  expect(staging).toMatch(/\/deploy\/staging\/\*"/);
  expect(staging).not.toMatch(/\/deploy\/(?:\*|production)/);
  expect(production).toMatch(/\/deploy\/production\/\*"/);
}, 120_000);

import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

import { describe, expect, it } from 'vitest';

import { defineDeployment, renderDeployment, type DeploymentInput } from '../src/index.ts';
import { deploymentSchema } from '../src/deployment-schema.ts';
import { knownSettings } from '../src/known-settings.ts';
import { documentedSettings } from './support/documented-settings.ts';
import { hostInput } from './support/sample-deployment.ts';

const page = readFileSync(new URL('../../../docs/deployment.md', import.meta.url), 'utf8');

/** Reads the cells of the table below a heading, without its head. */
function tableBelow(heading: string): string[][] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** Lists the settings of the schema by their dotted names. */
function schemaSettings(path: readonly string[] = []): readonly string[] {
  return knownSettings(deploymentSchema, path).flatMap((name) => [
    [...path, name].join('.'),
    ...schemaSettings([...path, name]),
  ]);
}

describe('docs/deployment.md', () => {
  it('lists the settings with the descriptions and defaults of their declarations', () => {
    expect(tableBelow('Settings')).toEqual(
      documentedSettings().map(({ name, fallback, description }) => [
        `\`${name}\``,
        fallback,
        description,
      ]),
    );
  });

  it('lists every setting of the schema, and each has a description', () => {
    const documented = documentedSettings();
    const names = documented.map(({ name }) => name).filter((name) => !/[[<]/.test(name));
    expect(new Set(names)).toEqual(new Set(schemaSettings()));
    expect(documented.filter(({ description }) => description === '')).toEqual([]);
  });

  it('lists every file of a host', () => {
    const deployment = defineDeployment({ ...hostInput, cloudWatch: {} });
    const files = tableBelow('Files of a host').map(([file = '']) => file);
    for (const { path } of renderDeployment(deployment)) {
      const unit = path.replace(/\.socket$/, '.service');
      expect(files.filter((file) => file.includes(`\`${unit}\``))).toHaveLength(1);
    }
  });

  it('shows the smallest host, whose settings are complete', () => {
    const [, settings = ''] = /defineDeployment\((.*?)\);\n```/s.exec(page) ?? [];
    const input = runInNewContext(`(${settings})`) as DeploymentInput;
    const paths = renderDeployment(defineDeployment(input)).map(({ path }) => path);
    expect(paths).toContain('/etc/systemd/system/fairlead-gateway.socket');
  });
});

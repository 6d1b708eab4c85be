import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { Deployment } from '@fairlead/deploy-config';

import type { NativePackage } from '../application/native-packages.ts';
import type { PythonPackage } from '../python/inspect-wheels.ts';

/** Input of {@link billOfMaterials}. */
export interface BillOfMaterialsOptions {
  readonly deployment: Deployment;
  readonly nodeVersion: string;
  readonly native: readonly NativePackage[];
  /** Files of the bundle. */
  readonly inputs: readonly string[];
  readonly pythonPackages: readonly PythonPackage[];
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/** Finds the package of a file: the closest `package.json` with a name and a version. */
async function packageOf(
  file: string,
  known: Map<string, PackageJson | undefined>,
): Promise<PackageJson | undefined> {
  const folder = dirname(file);
  if (folder === file || folder === '/') return undefined;
  if (known.has(folder)) return known.get(folder);
  const manifest = join(folder, 'package.json');
  let found: PackageJson | undefined;
  if (existsSync(manifest)) {
    const json = JSON.parse(await readFile(manifest, 'utf8')) as PackageJson;
    if (json.name !== undefined && json.version !== undefined) found = json;
  }
  found ??= await packageOf(folder, known);
  known.set(folder, found);
  return found;
}

/**
 * Lists every package in a release, with version and license, as CycloneDX 1.6 in JSON. It has no time and no random number, so the
 * same packages result in the same bytes.
 *
 * Source: https://cyclonedx.org/docs/1.6/json/
 */
export async function billOfMaterials(options: BillOfMaterialsOptions): Promise<string> {
  const known = new Map<string, PackageJson | undefined>();
  const packages = new Map<string, PackageJson>();
  const add = (found: PackageJson | undefined) => {
    if (found) packages.set(`${found.name ?? ''}@${found.version ?? ''}`, found);
  };
  for (const file of options.inputs) add(await packageOf(file, known));
  for (const { folder } of options.native)
    add(await packageOf(join(folder, 'package.json'), known));
  packages.set('node', { name: 'node', version: options.nodeVersion, license: 'MIT' });

  const bom = new Models.Bom();
  bom.metadata.component = new Models.Component(
    Enums.ComponentType.Application,
    options.deployment.name,
    // By default the reference is random.
    { bomRef: options.deployment.name },
  );
  for (const key of [...packages.keys()].sort()) {
    const { name = '', version = '', license } = packages.get(key) ?? {};
    const component = new Models.Component(
      name === 'node' ? Enums.ComponentType.Platform : Enums.ComponentType.Library,
      name,
      {
        version,
        bomRef: key,
        purl:
          name === 'node'
            ? `pkg:generic/node@${version}`
            : `pkg:npm/${name.replace('@', '%40')}@${version}`,
      },
    );
    if (license !== undefined) component.licenses.add(toLicense(license));
    bom.components.add(component);
  }
  for (const { name, version, sha256, license, isSpdx } of options.pythonPackages) {
    const component = new Models.Component(Enums.ComponentType.Library, name, {
      version,
      bomRef: `pypi:${name}@${version}`,
      purl: `pkg:pypi/${name}@${version}`,
    });
    component.hashes.set(Enums.HashAlgorithm['SHA-256'], sha256);
    if (license !== undefined) {
      component.licenses.add(isSpdx ? toLicense(license) : new Models.NamedLicense(license));
    }
    bom.components.add(component);
  }
  const serializer = new Serialize.JsonSerializer(
    new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6),
  );
  const text = serializer.serialize(bom, { sortLists: true, space: 1 });
  const json = JSON.parse(text) as Record<string, unknown>;
  const digest = createHash('sha256').update(text).digest('hex');
  // A number of the content in place of a random one.
  const serialNumber = `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  return `${JSON.stringify({ ...json, serialNumber }, undefined, 1)}\n`;
}

/** Converts a license to its SPDX identifier or expression. */
function toLicense(
  text: string,
): Models.NamedLicense | Models.SpdxLicense | Models.LicenseExpression {
  if (/\s(?:OR|AND|WITH)\s/.test(text)) return new Models.LicenseExpression(text);
  return /^[A-Za-z0-9.+-]+$/.test(text)
    ? new Models.SpdxLicense(text)
    : new Models.NamedLicense(text);
}

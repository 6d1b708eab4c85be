import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { decodeText } from '@fairlead/signature';
import type { Requirements } from '../versions/manifest.ts';

// The file with the most precise versions first.
const FILES = [
  'requirements.lock',
  'requirements.txt',
  'uv.lock',
  'pylock.toml',
  'poetry.lock',
  'Pipfile.lock',
  'conda.yaml',
  'pyproject.toml',
];
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_PACKAGES = 2000;

// https://packaging.python.org/en/latest/specifications/dependency-specifiers/
const PINNED =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*===?\s*([^\s;#\\,*]+)\s*(?:[;#\\]|$)/;

/** Finds the requirements file among `files`, and the packages that it pins; `undefined` without one. */
export async function readRequirements(
  files: ReadonlyMap<string, string>,
): Promise<Requirements | undefined> {
  const path = FILES.find((name) => files.has(name));
  const place = path === undefined ? undefined : files.get(path);
  if (path === undefined || place === undefined) return undefined;
  if ((await stat(place)).size > MAX_BYTES) return { path };
  const bytes = await readFile(place);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const packages = path.startsWith('requirements') ? pinnedPackages(decodeText(bytes)) : {};
  return { path, sha256, ...(Object.keys(packages).length > 0 && { packages }) };
}

function pinnedPackages(text: string): Readonly<Record<string, string>> {
  const pins = text.split('\n').flatMap((line) => {
    const [, name, version] = PINNED.exec(line.trim()) ?? [];
    return name === undefined || version === undefined ? [] : [[name, version] as const];
  });
  return Object.fromEntries(pins.slice(0, MAX_PACKAGES));
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { pack, type Header } from 'tar-stream';

import { temporaryFolder } from '@fairlead/test-support';
import type { PartFile, ReleaseManifest, ReleasePart } from '../../src/index.ts';
import { digestOf, serializeManifest } from '../../src/release/release-manifest.ts';

/** An entry of an archive, with its content. */
export interface RawEntry extends Partial<Header> {
  readonly name: string;
  readonly content?: string | Uint8Array;
}

/** Writes a tar archive with entries as they are given, also ones that no program would write. */
async function tarOf(entries: readonly RawEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries)
    archive.entry({ mode: 0o644, ...header }, content);
  archive.finalize();
  return buffer(archive as AsyncIterable<Uint8Array>);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A part whose manifest lists `files`, and whose archive has `entries`, which may differ. */
export async function partOf(
  role: ReleasePart['role'],
  files: readonly PartFile[],
  entries: readonly RawEntry[],
): Promise<{ readonly part: ReleasePart; readonly archive: Buffer }> {
  const tar = await tarOf(entries);
  const archive = gzipSync(tar);
  const [first, ...rest] = files;
  if (first === undefined) throw new Error('a part has at least one file');
  return {
    archive,
    part: {
      role,
      sha256: sha256(tar),
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      compressedBytes: archive.length,
      files: [first, ...rest],
    },
  };
}

/** Describes a file as a manifest does. */
export function fileOf(path: string, content: string, mode: '644' | '755' = '644'): PartFile {
  return { path, sha256: sha256(content), bytes: Buffer.byteLength(content), mode };
}

/** Changes of a {@link tinyRelease}, to make it hostile. */
export interface TinyReleaseOptions {
  readonly part?: { readonly part: ReleasePart; readonly archive: Buffer };
  readonly changeManifest?: (manifest: ReleaseManifest) => object;
  readonly changeEntries?: (entries: RawEntry[]) => readonly RawEntry[];
  /** Signs the serialized manifest. */
  readonly sign?: (serialized: Buffer) => Buffer;
}

/** Writes a release with one small part, and returns its path and digest. */
export async function tinyRelease({
  part,
  changeManifest = (manifest) => manifest,
  changeEntries = (entries) => entries,
  sign,
}: TinyReleaseOptions = {}): Promise<{ readonly path: string; readonly digest: string }> {
  const { part: described, archive } =
    part ??
    (await partOf(
      'application',
      [fileOf('gateway/main.js', 'hello')],
      [{ name: 'gateway/main.js', content: 'hello' }],
    ));
  const sbom = '{}\n';
  const manifest: ReleaseManifest = {
    format: 'fairlead-release/1',
    name: 'tiny',
    platform: 'linux-x64',
    node: '24.21.0',
    parts: [described],
    hostFiles: [],
    gate: {
      origin: { scheme: 'http', address: '127.0.0.1', port: 80, name: 'tiny' },
      checks: [],
      timeoutMs: 60_000,
    },
    sbomSha256: digestOf(sbom),
  };
  const serialized = serializeManifest(changeManifest(manifest) as ReleaseManifest);
  const signature = sign?.(Buffer.from(serialized));
  const entries: RawEntry[] = [
    { name: 'manifest.json', content: serialized },
    ...(signature ? [{ name: 'manifest.json.signature', content: signature }] : []),
    { name: 'sbom.cdx.json', content: sbom },
    { name: `parts/${described.sha256}.tar.gz`, content: archive },
  ];
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'tiny.tar');
  writeFileSync(path, await tarOf(changeEntries(entries)));
  return { path, digest: digestOf(serialized) };
}

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const source = new URL('../../../deploy/src/application/node-runtime.ts', import.meta.url);

/**
 * Fills a cache of parts in `folder`, the value of `XDG_CACHE_HOME`, with a small program in place of Node's: hosts of a
 * test that start no program get releases of 1 MB, not of 45 MB.
 */
export function smallNode(folder: string): string {
  const [, version = ''] = /NODE_VERSION = '([\d.]+)'/.exec(readFileSync(source, 'utf8')) ?? [];
  const parts = join(folder, 'fairlead/parts');
  const program = Buffer.from('#!/bin/false\n');
  mkdirSync(join(parts, 'bin'), { recursive: true });
  writeFileSync(join(parts, 'bin/node'), program);
  const tar = execFileSync('tar', [
    '-cf',
    '-',
    '--format=ustar',
    '--mode=755',
    '-b1',
    '-C',
    parts,
    'bin/node',
  ]);
  const archive = gzipSync(tar);
  const files = [
    { path: 'bin/node', sha256: digestOf(program), bytes: program.length, mode: '755' },
  ];
  const part = {
    ...{ sha256: digestOf(tar), bytes: program.length, compressedBytes: archive.length, files },
  };
  writeFileSync(join(parts, `${part.sha256}.tar.gz`), archive);
  const record = JSON.stringify({ part, archiveSha256: digestOf(archive) });
  writeFileSync(join(parts, `node-linux-x64-${version}.json`), record);
  return folder;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

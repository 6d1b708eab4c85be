import type { MemoryStore } from './memory-store.ts';

const RECORD = /^models\/([^/]+)\/(versions|pruned|aliases\/[^/]+)\/(\d{8})\.json$/;

interface Named {
  readonly version: number;
  readonly files?: readonly { readonly sha256: string }[];
}

/**
 * Missing blobs that a manifest references, unless the manifest was pruned and no alias has ever pointed to it.
 *
 * Reads the records by itself, so that it doesn't share a mistake with what it checks.
 */
export function missingBlobs(store: MemoryStore): readonly string[] {
  const manifests = new Map<string, readonly string[]>();
  const pruned = new Set<string>();
  const meant = new Set<string>();
  for (const [key, bytes] of store.objects) {
    const [, model = '', log = '', number = ''] = RECORD.exec(key) ?? [];
    if (log === '') continue;
    const version = `${model} ${Number(number)}`;
    if (log === 'pruned') {
      pruned.add(version);
      continue;
    }
    const record = JSON.parse(Buffer.from(bytes).toString()) as Named;
    if (log === 'versions') manifests.set(version, record.files?.map(({ sha256 }) => sha256) ?? []);
    else meant.add(`${model} ${record.version}`);
  }
  const missing: string[] = [];
  for (const [version, blobs] of manifests) {
    if (pruned.has(version) && !meant.has(version)) continue;
    for (const sha256 of blobs) {
      if (!store.has(`blobs/sha256/${sha256}`)) missing.push(`${version} names ${sha256}`);
    }
  }
  return missing;
}

import { aliasLog } from '../aliases/alias-log.ts';
import { aliasNames } from '../aliases/alias-names.ts';
import { blobKey } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { prunedLog } from '../versions/pruned-record.ts';
import type { Manifest } from '../versions/manifest.ts';

interface Namer {
  readonly model: string;
  readonly version: number;
  /** Description for messages. */
  readonly shown: string;
}

/** Blobs that the manifests of a store reference. */
export class NamedBlobs {
  readonly #store: ObjectStore;
  readonly #named = new Map<string, { readonly size: number; readonly by: Namer[] }>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** SHA-256 of each. */
  get sha256s(): Iterable<string> {
    return this.#named.keys();
  }

  /** Adds the blobs of the manifest at `key`; returns the contradictions to other manifests. */
  add(key: string, { model, version, files }: Manifest): readonly string[] {
    const problems: string[] = [];
    for (const { sha256, size, path } of files) {
      const namer = { model, version, shown: `${JSON.stringify(path)} of ${key}` };
      const named = this.#named.get(sha256);
      if (named === undefined) this.#named.set(sha256, { size, by: [namer] });
      else {
        named.by.push(namer);
        if (named.size === size) continue;
        const other = named.by[0]?.shown ?? '';
        problems.push(
          `${namer.shown} has ${size} bytes, and ${other}, which is the same, ${named.size}`,
        );
      }
    }
    return problems;
  }

  /** Describes the fault of a required blob; `undefined` when it is intact. */
  async problemOf(sha256: string): Promise<string | undefined> {
    const { size, by } = this.#named.get(sha256) ?? { size: 0, by: [] };
    const differs = async (): Promise<string | undefined> => {
      const found = await this.#store.size(blobKey(sha256));
      if (found === size) return undefined;
      return found === undefined ? 'is missing' : `has ${found} bytes instead of ${size}`;
    };
    if ((await differs()) === undefined) return undefined;
    for (const namer of by) {
      if (!(await this.#stillNeeds(namer))) continue;
      // A writer that references it again has stored it first.
      const problem = await differs();
      return problem && `${problem}, and ${namer.shown} needs it`;
    }
    return undefined;
  }

  /** Returns whether a version wasn't pruned since its manifest was read. */
  async #stillNeeds({ model, version }: Namer): Promise<boolean> {
    if ((await prunedLog(this.#store, model).read(version)) === undefined) return true;
    return (await versionsMeant(this.#store, model)).has(version);
  }
}

/** Returns every version that an alias of `model` has ever pointed to, as far as its entries can be read. */
export async function versionsMeant(
  store: ObjectStore,
  model: string,
): Promise<ReadonlySet<number>> {
  const meant = new Set<number>();
  for (const alias of await aliasNames(store, model)) {
    const log = aliasLog(store, model, alias);
    for (const number of await log.numbers()) {
      try {
        const entry = await log.read(number);
        if (entry !== undefined) meant.add(entry.version);
      } catch {
        // It is reported where the alias is verified.
      }
    }
  }
  return meant;
}

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createJson, readJson, writeJson } from '../files/durable-file.ts';
import { hashFile } from '../files/hash-files.ts';
import type { DatasetFormat } from '../policy/retraining-policy.ts';

/** File with the hash of each input, written last: without it inputs are incomplete. */
const HASHES = 'hashes.json';
/** File with the identity of the attempt that a folder belongs to. */
const OWNER = 'attempt.json';

/** Name of a table in a format. */
export function tableName(format: DatasetFormat): string {
  return `rows.${format}`;
}

/**
 * Local folder of an attempt: its inputs, and one folder for each training.
 *
 * ```text
 * churn-4/attempt.json
 * churn-4/input/rows.parquet, manifest.json
 * churn-4/1/training.log, output/model.onnx
 * ```
 */
export class AttemptFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Creates the folder for an attempt; resolves to false where it is that of another one with the same name, such as of another registry. */
  async claim(identity: string): Promise<boolean> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    return (await createJson(join(this.#root, OWNER), identity)) || this.isOf(identity);
  }

  /** Returns whether the folder is that of an attempt. */
  async isOf(identity: string): Promise<boolean> {
    return (await readJson(join(this.#root, OWNER)).catch(() => undefined)) === identity;
  }

  get input(): string {
    return join(this.#root, 'input');
  }

  /** Folder of a training, by its number from 1. */
  training(tries: number): string {
    return join(this.#root, String(tries));
  }

  /** Folder that a training writes its files to. */
  output(tries: number): string {
    return join(this.training(tries), 'output');
  }

  /** Empties the folder of the inputs, lets `write` fill it, and records the hashes; resolves to that of the table. */
  async writeInputs<T>(
    formats: readonly DatasetFormat[],
    write: (folder: string) => Promise<T>,
  ): Promise<T & { readonly sha256: string }> {
    await rm(this.input, { recursive: true, force: true });
    await mkdir(this.input, { recursive: true, mode: 0o700 });
    const written = await write(this.input);
    const hashes: Record<string, string> = {};
    for (const name of [...formats.map(tableName), 'manifest.json']) {
      hashes[name] = await hashFile(join(this.input, name));
    }
    await writeJson(join(this.input, HASHES), hashes);
    return { ...written, sha256: hashes[tableName(formats[0] ?? 'parquet')] ?? '' };
  }

  /** Returns whether the inputs are complete and intact, and their table has a hash. */
  async hasInputs(sha256: string): Promise<boolean> {
    const hashes = (await readJson(join(this.input, HASHES)).catch(() => undefined)) as
      Readonly<Record<string, string>> | undefined;
    if (hashes === undefined || !Object.values(hashes).includes(sha256)) return false;
    for (const [name, expected] of Object.entries(hashes)) {
      const found = await hashFile(join(this.input, name)).catch(() => undefined);
      if (found !== expected) return false;
    }
    return true;
  }

  /** Removes the inputs, which are rows of users; outputs and logs stay. */
  async removeInputs(): Promise<void> {
    await rm(this.input, { recursive: true, force: true });
  }

  /** Removes the whole folder. */
  async remove(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** Removes the folders of all but the last attempts of a model, by their names `churn-4`. */
export async function removeOldAttempts(
  folder: string,
  model: string,
  keep: number,
): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const numbers = names.flatMap((name) => {
    const suffix = name.startsWith(`${model}-`) ? name.slice(model.length + 1) : '';
    return /^\d+$/.test(suffix) ? [Number(suffix)] : [];
  });
  for (const number of numbers.sort((a, b) => b - a).slice(keep)) {
    await new AttemptFolder(join(folder, `${model}-${number}`)).remove();
  }
}

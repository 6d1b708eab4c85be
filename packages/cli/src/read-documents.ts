import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileError } from './read-file.ts';

/**
 * Reads files to store as documents, by their names.
 *
 * @throws CliError `ERR_CLI_FILE`
 */
export async function readDocuments(
  paths: readonly string[],
): Promise<Readonly<Record<string, Uint8Array>>> {
  const documents: [string, Uint8Array][] = [];
  for (const path of paths) {
    try {
      documents.push([basename(path), await readFile(path)]);
    } catch (cause) {
      throw fileError(path, 'a document', cause);
    }
  }
  return Object.fromEntries(documents);
}

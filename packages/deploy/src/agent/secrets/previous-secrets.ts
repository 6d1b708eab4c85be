import { readFile, rm } from 'node:fs/promises';

import * as z from 'zod';

import { hostError } from '../host-error.ts';
import type { HostPaths } from '../host-paths.ts';
import { readIfThere, replaceFile } from './replace-file.ts';

const schema = z.array(
  z.strictObject({
    path: z.string(),
    mode: z.int(),
    uid: z.int(),
    gid: z.int(),
    /** Content in base64; `null` for a file that didn't exist. */
    content: z.base64().nullable(),
  }),
);

type PreviousSecret = z.output<typeof schema>[number];

const previousFile = ({ state }: HostPaths) => `${state}/previous-secrets.json`;

/**
 * Stores the contents of files that an activation is about to replace, for root only. What an activation before has stored, which was
 * killed, stays: it belongs to the last release that passed its gate.
 */
export async function storePrevious(paths: HostPaths, changing: readonly string[]): Promise<void> {
  const stored = await readPrevious(paths);
  const missing = changing.filter((path) => !stored.some((each) => each.path === path));
  if (missing.length === 0) return;
  const added = await Promise.all(
    missing.map(async (path): Promise<PreviousSecret> => {
      const found = await readIfThere(path);
      if (found === undefined) return { path, mode: 0o600, uid: 0, gid: 0, content: null };
      const { mode, uid, gid, content } = found;
      return { path, mode, uid, gid, content: content.toString('base64') };
    }),
  );
  const text = JSON.stringify([...stored, ...added]);
  await replaceFile(previousFile(paths), Buffer.from(text), { mode: 0o600, uid: 0, gid: 0 });
}

/** Checks whether an activation has replaced secrets, and hasn't passed its gate. */
export async function hasPrevious(paths: HostPaths): Promise<boolean> {
  return (await readPrevious(paths)).length > 0;
}

/** Puts the files of secrets back as they were before the activation. */
export async function restorePrevious(paths: HostPaths): Promise<void> {
  for (const { path, content, ...owner } of await readPrevious(paths)) {
    if (content === null) await rm(path, { force: true });
    else await replaceFile(path, Buffer.from(content, 'base64'), owner);
  }
  await forgetPrevious(paths);
}

/** Removes the contents of before, once the release has passed its gate. */
export async function forgetPrevious(paths: HostPaths): Promise<void> {
  await rm(previousFile(paths), { force: true });
}

async function readPrevious(paths: HostPaths): Promise<readonly PreviousSecret[]> {
  let text;
  try {
    text = await readFile(previousFile(paths), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // Without a cause: its message may have a part of the text.
    throw hostError(
      `${previousFile(paths)} is not a list of this agent. Remove it: the secrets stay as they are.`,
    );
  }
}

import { mkdir, open, readFile, rename } from 'node:fs/promises';

import * as z from 'zod';

import { DeployError } from '../deploy-error.ts';
import type { HostPaths } from './host-paths.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const schema = z.strictObject({
  format: z.literal('fairlead-deploy/1'),
  /** Releases that passed their gate, the latest first. */
  history: z.array(digest),
  /** An activation that has begun: until it ends, `current` may be either release. */
  pending: z
    .strictObject({
      ...{ digest, previous: digest.optional(), since: z.string() },
      /** The activation is that of a rollback: another rollback goes on with it. */
      isRollback: z.literal(true).optional(),
    })
    .optional(),
});

/** State of the deployment on a host: it makes an activation resumable that was killed. */
export type DeployState = z.output<typeof schema>;

const stateFile = ({ state }: HostPaths) => `${state}/state.json`;

/**
 * Reads the state; the one of a new host if there is none.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` if the file isn't a state.
 */
export async function readState(paths: HostPaths): Promise<DeployState> {
  let text;
  try {
    text = await readFile(stateFile(paths), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { format: 'fairlead-deploy/1', history: [] };
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DeployError(
      'ERR_DEPLOY_HOST',
      `${stateFile(paths)} is not a state of this agent. Remove it: the next deployment writes it again, and the releases before can't be rolled back to.`,
      { cause },
    );
  }
}

/** Replaces the state: on disk when the promise resolves, and whole at any moment. */
export async function writeState(paths: HostPaths, state: DeployState): Promise<void> {
  await mkdir(paths.state, { recursive: true, mode: 0o700 });
  const temporary = `${stateFile(paths)}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, stateFile(paths));
  const folder = await open(paths.state, 'r');
  await folder.sync();
  await folder.close();
}

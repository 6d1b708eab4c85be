import { mkdirSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { dirname } from 'node:path';

import {
  nginxCommand,
  requiredFolders,
  type Deployment,
  type RenderedFile,
} from '../../src/index.ts';
import { startProgram, untilListening, type ChildProgram } from './child-program.ts';
import { program } from './program.ts';
import { writeFiles } from './write-files.ts';

interface StartNginxOptions {
  readonly deployment: Deployment;
  readonly file: RenderedFile;
  readonly address: NetConnectOpts;
}

/** Writes Nginx's file and starts a real Nginx on it, the way a starter does. */
export async function startNginx(options: StartNginxOptions): Promise<ChildProgram> {
  const { deployment, file, address } = options;
  for (const folder of requiredFolders(deployment)) mkdirSync(folder, { recursive: true });
  mkdirSync(dirname(file.path), { recursive: true });
  writeFiles([file]);
  const nginx = startProgram(nginxCommand(deployment, program('nginx')));
  await untilListening(nginx, address);
  return nginx;
}

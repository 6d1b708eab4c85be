import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { COMMAND_ENVIRONMENT } from './run-command.ts';
import type { Fleet } from './start-fleet.ts';

const script = fileURLToPath(new URL('cloud-process.ts', import.meta.url));
/** Address of the fleet's bridge, which every host reaches. */
const ADDRESS = '10.77.0.1';
const PORT = 8_000;

/** A request that a host sent to AWS. */
export interface CloudRequest {
  /** Address of the host. */
  readonly from: string;
  readonly method: string;
  /** Path with the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The parts of AWS that an instance calls at its first boot: metadata, objects, and receivers of signals. */
export interface Cloud {
  /** URL of all of it for the hosts of the fleet. */
  readonly url: string;
  /** Lets hosts download a file by a GET of `path`, which begins with a slash and stands as the host sends it. The first request gets 503. */
  addObject(path: string, file: string): void;
  /** Returns the requests until now, in their order. */
  requests(): readonly CloudRequest[];
}

/** URL of {@link startCloud} in every fleet. */
export const cloudUrl = `http://${ADDRESS}:${PORT}`;

/** Starts the parts of AWS that a first boot calls in the network of the fleet; they end with the fleet. */
export async function startCloud(fleet: Fleet): Promise<Cloud> {
  const folder = join(fleet.namespaces.folder, 'cloud');
  const objects = join(folder, 'objects');
  const log = join(folder, 'requests.jsonl');
  mkdirSync(objects, { recursive: true });
  writeFileSync(log, '');
  const [program, ...args] = fleet.namespaces.enter([
    ...[process.execPath, script, ADDRESS, String(PORT), objects, log],
  ]);
  const child = spawn(program, args, {
    env: COMMAND_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.unref();
  return {
    url: cloudUrl,
    addObject(path, file) {
      symlinkSync(resolve(file), join(objects, encodeURIComponent(path)));
    },
    requests: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as CloudRequest),
  };
}

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bin } from './bin.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** How a run of the command ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the command is run. */
export interface Place {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  readonly input?: string;
}

/** Runs the real command in a process of its own. */
export async function run(place: Place, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [...bin.slice(1), ...args], {
    cwd: place.folder,
    // Nothing of the environment of the tests: their colours, their registry.
    env: { PATH: process.env.PATH ?? '', HOME: place.folder, ...place.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined).end(place.input ?? '');
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exitCode, stdout, stderr };
}

/** A place with an empty registry, which the environment names. */
export function placeWithRegistry(
  env: Readonly<Record<string, string>> = {},
): Required<Omit<Place, 'input'>> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'registry'));
  return { folder, env: { FAIRLEAD_REGISTRY: './registry', FAIRLEAD_ACTOR: 'ada', ...env } };
}

/** Runs the command and reads the JSON that it prints; fails with what it says when it doesn't end as it should. */
export async function runJson(
  place: Place,
  ...args: readonly string[]
): Promise<Readonly<Record<string, unknown>>> {
  const { exitCode, stdout, stderr } = await run(place, ...args, '--json');
  if (exitCode !== 0)
    throw new Error(`fairlead ${args.join(' ')} ended with ${String(exitCode)}: ${stderr}`);
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

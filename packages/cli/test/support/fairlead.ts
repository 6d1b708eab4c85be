import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCli } from '@fairlead/cli';
import { bin, commandEnv } from './bin.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { inFolder } from './working-folder.ts';

// As src/bin.ts does before it loads anything.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

/** Lets processes that the command starts, such as a gateway, read Node's cache of compiled code. */
const { NODE_COMPILE_CACHE } = process.env;
const compileCache: Readonly<Record<string, string>> =
  NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** Exit code and output of one run of the command. */
export interface RunResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Working folder and environment of a run. */
export interface Place {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text on standard input. */
  readonly input?: string;
  /** Sends the first Ctrl-C once standard output matches, for a command that runs until stopped. */
  readonly stopAfter?: RegExp;
  /** Sends the first Ctrl-C once this is true. */
  readonly stopWhen?: () => boolean;
}

/**
 * Runs the command in this process, with streams and an environment of the test; a new process for each run takes ten
 * times as long. {@link runProcess} is for tests of the process itself.
 */
export function run(place: Place, ...args: readonly string[]): Promise<RunResult> {
  return inFolder(place.folder, async () => {
    const stop = new AbortController();
    const [stdout, stderr] = [collector(), collector()];
    if (place.stopAfter !== undefined) {
      const pattern = place.stopAfter;
      stdout.stream.on('written', () => {
        if (pattern.test(stdout.text())) stop.abort();
      });
    }
    const { stopWhen } = place;
    const look = setInterval(() => {
      if (stopWhen?.() === true) stop.abort();
    }, 20);
    const exitCode = await runCli(args, {
      env: { ...compileCache, ...place.env },
      stdin: Readable.from([place.input ?? '']),
      stdout: stdout.stream,
      stderr: stderr.stream,
      now: () => new Date(),
      userName: () => 'tester',
      ...((place.stopAfter ?? stopWhen) !== undefined && { stopSignal: () => stop.signal }),
    }).finally(() => {
      clearInterval(look);
    });
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
  });
}

/** Runs the command in a child process, as a shell does. */
export async function runProcess(place: Place, ...args: readonly string[]): Promise<RunResult> {
  const child = spawn(process.execPath, [...bin.slice(1), ...args], {
    cwd: place.folder,
    env: commandEnv(place.folder, place.env),
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
): Required<Pick<Place, 'folder' | 'env'>> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'registry'));
  return { folder, env: { FAIRLEAD_REGISTRY: './registry', FAIRLEAD_ACTOR: 'ada', ...env } };
}

/** Runs the command in this process and reads the JSON that it prints; throws its error output when it fails. */
export async function runJson(
  place: Place,
  ...args: readonly string[]
): Promise<Readonly<Record<string, unknown>>> {
  const { exitCode, stdout, stderr } = await run(place, ...args, '--json');
  if (exitCode !== 0)
    throw new Error(`fairlead ${args.join(' ')} ended with ${String(exitCode)}: ${stderr}`);
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      chunks.push(chunk);
      this.emit('written');
      callback();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BACKGROUND } from './lower-priority.ts';
import { joinParts, type MessagePart, partsOf } from './message-parts.ts';
import type { WorkerRequest, WorkerResponse } from './worker-message.ts';

/** Place where a worker runs: a thread has lower latency, a process can be killed while it computes. */
export type WorkerKind = 'thread' | 'process';

/** Listeners of a link. */
export interface LinkListener {
  readonly onResponse: (response: WorkerResponse) => void;
  /** The worker ended, for any reason. */
  readonly onEnd: (reason: string) => void;
}

/** The connection to a worker. */
export interface WorkerLink {
  readonly kind: WorkerKind;
  /** Moves the buffers of `transfer` to a thread; a process gets copies. */
  post(request: WorkerRequest, transfer: readonly ArrayBuffer[]): void;
  /** Ends the worker: a process at once, a thread as soon as the native code that it executes returns. */
  kill(): void;
}

// The sources run as they are under Node's type stripping; the published package holds JavaScript.
const entry = new URL(`./onnx-worker${extname(import.meta.url)}`, import.meta.url);

const CLOSE: WorkerRequest = { type: 'close' };

/** Starts a worker; one in the background has the lowest priority. */
export function startWorker(
  kind: WorkerKind,
  isBackground: boolean,
  listener: LinkListener,
): WorkerLink {
  const args = isBackground ? [BACKGROUND] : [];
  return kind === 'thread' ? startThread(args, listener) : startProcess(args, listener);
}

function startThread(argv: string[], { onResponse, onEnd }: LinkListener): WorkerLink {
  const worker = new Worker(entry, { name: 'fairlead-onnx', argv });
  worker.on('message', onResponse);
  worker.on('error', (error) => {
    onEnd(error instanceof Error ? error.message : String(error));
  });
  worker.on('exit', (code) => {
    onEnd(`the thread ended with code ${code}`);
  });
  return {
    kind: 'thread',
    post: (request, transfer) => {
      worker.postMessage(request, transfer);
    },
    // Not by `terminate()`: that can't interrupt native code, and when the native code returns into a terminated thread
    // onnxruntime-node throws where nothing catches, which aborts the whole process.
    kill: () => {
      worker.postMessage(CLOSE);
    },
  };
}

function startProcess(args: string[], { onResponse, onEnd }: LinkListener): WorkerLink {
  const child = fork(entry, args, {
    serialization: 'advanced',
    execArgv: conditionsOf(process.execArgv),
    env: workerEnvironment(),
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const receive = joinParts((response) => {
    onResponse(response as WorkerResponse);
  });
  child.on('message', (part) => {
    receive(part as MessagePart);
  });
  child.on('error', (error) => {
    onEnd(error.message);
  });
  child.on('exit', (code, signal) => {
    onEnd(`the process ended with ${signal ?? `code ${code ?? 'unknown'}`}`);
  });
  // One message after the other: parts of two can't be told apart.
  let sent = Promise.resolve();
  return {
    kind: 'process',
    post: (request) => {
      sent = sent.then(() => sendParts(child, request));
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

/**
 * Environment of a worker process: a model has no use for that of the service, nor for the files of its working folder.
 *
 * If the service caches compiled code, the worker does so too, and starts in half of the time.
 */
function workerEnvironment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: cache };
}

/** Sends a message in parts, each in another turn of the event loop; ends the process when that fails. */
async function sendParts(child: ChildProcess, request: WorkerRequest): Promise<void> {
  try {
    for (const part of partsOf(request)) {
      await new Promise<void>((resolve, reject) => {
        child.send(part, (error) => {
          if (error) reject(error);
          else if ('message' in part) resolve();
          else setImmediate(resolve);
        });
      });
    }
  } catch {
    // Waiting calls are rejected when the process has ended.
    child.kill('SIGKILL');
  }
}

/** Flags that decide how packages are resolved: the child resolves them as its parent does. */
function conditionsOf(execArgv: readonly string[]): string[] {
  return execArgv.flatMap((flag, index) => {
    if (flag.startsWith('--conditions=') || flag.startsWith('-C=')) return [flag];
    return flag === '--conditions' || flag === '-C' ? [`--conditions=${execArgv[index + 1]}`] : [];
  });
}

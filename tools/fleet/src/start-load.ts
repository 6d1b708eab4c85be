import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import type { LoadPlan, LoadResult } from './load-request.ts';
import { COMMAND_ENVIRONMENT } from './run-command.ts';
import type { Fleet } from './start-fleet.ts';

const script = fileURLToPath(new URL('load-process.ts', import.meta.url));

/** A running load. */
export interface Load {
  /** Resolves once the load has sent so many requests in all. */
  untilSent(count: number): Promise<void>;
  /** Sends no further request, waits for the last answers, and resolves to the result. */
  stop(): Promise<LoadResult>;
}

/**
 * Sends requests at a constant rate from the network of the fleet, in a separate process, over connections that are used
 * again: a slow answer delays no other request. Resolves once it sends.
 *
 * @throws Error when `rate` isn't positive or there is no request
 */
export async function startLoad(fleet: Fleet, plan: LoadPlan): Promise<Load> {
  if (!(plan.rate > 0)) throw new Error(`rate is ${plan.rate}; give requests per second above 0`);
  if (plan.requests.length === 0) throw new Error('requests is empty; give at least one request');
  const [program, ...args] = fleet.namespaces.enter([process.execPath, script]);
  const child = spawn(program, args, {
    env: COMMAND_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  const ended = once(child, 'close');
  const errors = text(child.stderr);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done !== true) return value;
    throw new Error(`the load generator has ended:\n${await errors}`);
  };
  await nextLine();
  return {
    async untilSent(count) {
      child.stdin.write(`${count}\n`);
      await nextLine();
    },
    async stop() {
      child.stdin.end();
      const result = JSON.parse(await nextLine()) as LoadResult;
      await ended;
      return result;
    },
  };
}

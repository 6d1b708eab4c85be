import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { JobQueue } from '@fairlead/jobs';
import { until } from '@fairlead/test-support';

const script = fileURLToPath(new URL('./run-jobs.ts', import.meta.url));

/** A service that is going to be killed. */
export interface Victim {
  readonly url: string;
  /** Sends SIGKILL, unless the process has ended by itself; resolves once it has ended. */
  kill(): Promise<void>;
  readonly ended: Promise<unknown>;
}

/** Starts a process that accepts and runs jobs. */
export async function startVictim(kind: string, place: string): Promise<Victim> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@fairlead/source', script, kind, place],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  if (child.stdout === null) throw new Error('no output');
  const first = once(createInterface({ input: child.stdout }), 'line');
  const [port] = (await Promise.race([first, ended.then(() => ['dead'])])) as string[];
  expect(port).toMatch(/^\d+$/);
  return {
    url: `http://127.0.0.1:${port}`,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
      expect(child.signalCode).toBe('SIGKILL');
    },
  };
}

/** A job that a client knows to be accepted. */
interface Accepted {
  readonly id: string;
  readonly value: number;
}

/**
 * Has clients make jobs of a service that is killed at random moments, and checks that each job with a
 * 202 ends once, with its own response.
 */
export async function surviveKills(
  {
    kind,
    place,
    rounds,
  }: { readonly kind: string; readonly place: string; readonly rounds: number },
  queue: JobQueue,
): Promise<{ readonly accepted: number; readonly cutOff: number }> {
  const accepted: Accepted[] = [];
  let cutOff = 0;
  let value = 0;
  const client = async (url: string, isOver: () => boolean): Promise<void> => {
    while (!isOver()) {
      const own = (value += 1);
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'idempotency-key': `key-${own}` },
        body: String(own * 1000),
      }).catch(() => undefined);
      if (response === undefined) {
        cutOff += 1;
        continue;
      }
      // The status line is what counts; the body may break off behind it.
      const id = response.headers.get('location');
      expect([response.status, typeof id]).toEqual([202, 'string']);
      accepted.push({ id: id ?? '', value: own });
    }
  };
  for (let round = 0; round < rounds; round += 1) {
    const victim = await startVictim(kind, place);
    let over = false;
    const before = accepted.length;
    const clients = Promise.all(Array.from({ length: 4 }, () => client(victim.url, () => over)));
    // Heard of below; until then it isn't unhandled.
    clients.catch(() => undefined);
    await until(() => accepted.length > before + 1);
    await sleep(Math.random() ** 2 * 300);
    over = true;
    await victim.kill();
    await clients;
  }

  const last = await startVictim(kind, place);
  const seen = new Map<string, string>();
  await until(async () => {
    for (const { id } of accepted) {
      if (seen.has(id)) continue;
      const outcome = await queue.outcome(id);
      if (outcome === undefined) return false;
      seen.set(id, JSON.stringify([outcome.state, String(outcome.response?.body)]));
    }
    return true;
  }, 120_000);
  // A job that ran a second time now would end differently.
  await until(async () => (await queue.depth()).running === 0);
  await last.kill();
  for (const { id, value: own } of accepted) {
    const outcome = await queue.outcome(id);
    const body = String(outcome?.response?.body);
    expect(JSON.stringify([outcome?.state, body])).toBe(seen.get(id));
    expect(outcome?.state).toBe('succeeded');
    expect(body).toBe(String(own * 2000));
  }
  expect(new Set(accepted.map(({ id }) => id)).size).toBe(accepted.length);
  return { accepted: accepted.length, cutOff };
}

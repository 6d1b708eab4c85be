import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '../servers/side.ts';

/** One answer, or its absence. */
export interface Answer {
  /** 0 when there was none. */
  readonly status: number;
  readonly durationMs: number;
}

const TURN_MS = 5;

/** Sends at a fixed rate, whether answers come or not, as many independent clients do. */
export async function openLoad(
  { port, path, headers }: Side,
  body: string,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const pending: Promise<Answer>[] = [];
  const startedAt = performance.now();
  const total = Math.round(perSecond * seconds);
  while (pending.length < total) {
    const due = ((performance.now() - startedAt) / 1000) * perSecond;
    while (pending.length < Math.min(due, total)) pending.push(send());
    await sleep(TURN_MS);
  }
  const answers = await Promise.all(pending);
  agent.destroy();
  return answers;

  function send(): Promise<Answer> {
    return new Promise((resolve) => {
      const sentAt = performance.now();
      const done = (status: number): void => {
        resolve({ status, durationMs: performance.now() - sentAt });
      };
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          path,
          agent,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            ...headers,
          },
        },
        (response) => {
          response.resume();
          response.on('end', () => {
            done(response.statusCode ?? 0);
          });
          response.on('error', () => {
            done(0);
          });
        },
      );
      sent.on('error', () => {
        done(0);
      });
      sent.end(body);
    });
  }
}

import type { EventSender } from '@fairlead/registry/webhooks';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** One call of a webhook. */
export interface Received {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly model: string;
    readonly version?: number;
    readonly number: number;
  } & Record<string, unknown>;
  readonly signature: string;
  readonly wanted: string;
}

const SECRET = 'secret';

const sign = (id: string, timestamp: string, body: string): string =>
  `v1,${createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`).digest('base64')}`;

/** Calls a webhook as Standard Webhooks has it. */
export const sender: EventSender = {
  async deliver(url, id, body) {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': sign(id, timestamp, body),
    };
    try {
      const { status } = await fetch(url, { method: 'POST', body, headers });
      return status === 204 ? undefined : `answered ${status}`;
    } catch (error) {
      return String(error);
    }
  },
  delayAfter: (attempt) => attempt * 5,
};

/** A receiver on a free port, which answers what `status` says. */
export async function startReceiver(
  status: (call: Received, count: number) => number = () => 204,
): Promise<{ readonly url: string; readonly calls: readonly Received[] }> {
  const calls: Received[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const id = String(req.headers['webhook-id']);
      const call: Received = {
        ...(JSON.parse(body) as Pick<Received, 'type' | 'data'>),
        id,
        signature: String(req.headers['webhook-signature']),
        wanted: sign(id, String(req.headers['webhook-timestamp']), body),
      };
      calls.push(call);
      res.writeHead(status(call, calls.length)).end();
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, calls };
}

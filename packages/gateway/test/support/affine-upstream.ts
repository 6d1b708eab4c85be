import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** An upstream in this process that computes y = 2 x + 1. */
export interface AffineUpstream {
  /** Its address as `FAIRLEAD_FLASK_ADDRESS`. */
  readonly address: string;
  /** Headers of the predictions that it answered. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Leaves further requests without a response. */
  hang(): void;
  /** Answers further requests with 500. */
  fail(): void;
}

/** Starts an upstream; it is closed when the test ends. */
export async function startAffineUpstream(): Promise<AffineUpstream> {
  let isHanging = false;
  let isFailing = false;
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      if (isHanging) return;
      if (isFailing) res.statusCode = 500;
      if (req.method === 'POST') headers.push(req.headers);
      res.setHeader('content-type', 'application/json');
      res.end(req.method === 'GET' ? '{}' : infer(Buffer.concat(chunks).toString()));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    headers,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    hang() {
      isHanging = true;
    },
    fail() {
      isFailing = true;
    },
  };
}

function infer(body: string): string {
  const { inputs } = JSON.parse(body) as {
    readonly inputs: readonly [{ readonly shape: unknown; readonly data: readonly unknown[] }];
  };
  const [{ shape, data }] = inputs;
  const y = (data.flat() as number[]).map((x) => 2 * x + 1);
  return JSON.stringify({ outputs: [{ name: 'y', datatype: 'FP32', shape, data: y }] });
}

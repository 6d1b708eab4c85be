import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Starts a proxy to the SQS of moto that waits one second for messages, and resolves to its endpoint for URLs of queues; it is closed
 * when the test ends.
 *
 * SQS drops a request whose client disconnected. Moto keeps it until the end of the wait, and gives it messages, which are then hidden
 * for the time of a lease.
 */
export async function startShortPolls(motoPort: number): Promise<string> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks)
        .toString()
        // As long as before, for the header with the length.
        .replace(/"WaitTimeSeconds":20\b/, '"WaitTimeSeconds": 1');
      const { url, method, headers } = req;
      const target = { host: '127.0.0.1', port: motoPort, path: url, method, headers };
      const forwarded = request(target, (response) => {
        res.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(res);
      });
      forwarded.on('error', () => res.destroy());
      forwarded.end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

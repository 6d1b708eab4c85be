import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Secret of the webhooks' signatures. */
export const noticeSecret = `whsec_${Buffer.alloc(32, 'key').toString('base64')}`;

/** Starts a server that stores the bodies of its requests by path. */
export async function startReceiver() {
  const bodies: { readonly path: string; readonly body: string }[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      bodies.push({ path: req.url ?? '', body });
      res.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const of = (path: string) => bodies.filter((each) => each.path === path).map(({ body }) => body);
  return { of, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

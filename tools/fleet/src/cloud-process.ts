import { appendFileSync, createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { instanceIdOf } from './instance-id.ts';

// Started by `startCloud` in the network of the fleet. Arguments: address, port, folder of the objects, path of the log, in which each
// request is a line of JSON. The first request of each object gets 503, as S3 answers when it is busy.
const [, , address = '', port = '', objects = '', log = ''] = process.argv;
const credentials = {
  ...{ AccessKeyId: 'AKIDEXAMPLE', SecretAccessKey: 'secret/+', Token: 'token/+=' },
  // The AWS SDK takes none without it.
  Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
};
const role = 'fairlead-host';
const seen = new Set<string>();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers, socket } = request;
  const body = await text(request);
  const from = socket.remoteAddress ?? '';
  appendFileSync(log, `${JSON.stringify({ from, method, url, headers, body })}\n`);
  if (url === '/latest/api/token') response.end('metadata-token');
  else if (url.startsWith('/latest/')) {
    const isAllowed = headers['x-aws-ec2-metadata-token'] === 'metadata-token';
    response.writeHead(isAllowed ? 200 : 401).end(isAllowed ? metadata(url, from) : '');
  } else if (method === 'GET') sendObject(url, response);
  else response.end();
}

function metadata(url: string, from: string): string | undefined {
  const path = url.slice('/latest/meta-data/'.length);
  if (path === 'instance-id') return instanceIdOf(from);
  if (path === 'iam/security-credentials/') return role;
  return path === `iam/security-credentials/${role}` ? JSON.stringify(credentials) : undefined;
}

function sendObject(url: string, response: ServerResponse): void {
  const path = join(objects, encodeURIComponent(url));
  if (!existsSync(path)) response.writeHead(404).end('no such object');
  else if (seen.has(path)) createReadStream(path).pipe(response);
  else {
    seen.add(path);
    response.writeHead(503).end('slow down');
  }
}

createServer((request, response) => void answer(request, response)).listen(
  Number(port),
  address,
  () => {
    process.stdout.write('listening\n');
  },
);

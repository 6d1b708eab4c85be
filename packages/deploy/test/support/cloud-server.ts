// The parts of EC2 that a first boot calls: instance metadata, an object, signals. Arguments: address, path of the archive, path of the log, in
// which each request is a line of JSON. The first request of the archive gets 503.
import { appendFileSync, createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

const [, , address = '', archive = '', log = ''] = process.argv;
const credentials = { AccessKeyId: 'AKIDEXAMPLE', SecretAccessKey: 'secret/+', Token: 'token/+=' };
const metadata = new Map([
  ['/latest/meta-data/iam/security-credentials/', 'fairlead-host'],
  ['/latest/meta-data/iam/security-credentials/fairlead-host', JSON.stringify(credentials)],
  ['/latest/meta-data/instance-id', 'i-0123456789abcdef0'],
]);
let archiveRequests = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  const body = await text(request);
  appendFileSync(log, `${JSON.stringify({ method, url, headers, body })}\n`);
  if (url === '/latest/api/token') response.end('metadata-token');
  else if (url.startsWith('/latest/')) {
    const isAllowed = headers['x-aws-ec2-metadata-token'] === 'metadata-token';
    response.writeHead(isAllowed ? 200 : 401).end(isAllowed ? metadata.get(url) : '');
  } else if (url.includes('release')) {
    archiveRequests += 1;
    if (archiveRequests > 1) createReadStream(archive).pipe(response);
    else response.writeHead(503).end('slow down');
  } else response.end();
}

createServer((request, response) => void answer(request, response)).listen(8_000, address, () => {
  process.stdout.write('listening\n');
});

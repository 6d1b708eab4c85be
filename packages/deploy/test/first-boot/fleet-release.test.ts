import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';

import { expect, it } from 'vitest';

import { firstBootProgram } from '../../src/first-boot/first-boot-program.ts';
import { buildService } from '../support/service-release.ts';

interface Call {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Runs Python with the functions of the program, and metadata and SSM of a server that answers with a value of the parameter. */
async function runWithParameter(value: string, code: string) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { url = '', headers } = request;
      if (url === '/ssm') calls.push({ headers, body });
      const credentials = { AccessKeyId: 'a', SecretAccessKey: 'b', Token: 'c' };
      if (url.endsWith('/role')) response.end(JSON.stringify(credentials));
      else if (url === '/ssm') response.end(JSON.stringify({ Parameter: { Value: value } }));
      else response.end('role');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const functions = firstBootProgram.replace(/\nmain\(\)\n$/, '\n');
  const source = `{"parameter": "/shop/release", "region": "eu-central-1", "ssm": "${origin}/ssm"}`;
  const child = spawn('python3', ['-c', `${functions}\nsay = print\nsource = ${source}\n${code}`], {
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: origin },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  server.close();
  return { calls, stdout: String(stdout).trim(), stderr: String(stderr) };
}

it('reads the digest of the release from the parameter with a signed call', async () => {
  const digest = 'ab'.repeat(32);
  const { stdout, calls } = await runWithParameter(`${digest}\n`, 'print(current_digest(source))');
  expect(stdout).toBe(digest);
  expect(calls.map(({ body }) => JSON.parse(body) as unknown)).toEqual([{ Name: '/shop/release' }]);
  expect(calls[0]?.headers).toMatchObject({
    'x-amz-target': 'AmazonSSM.GetParameter',
    'content-type': 'application/x-amz-json-1.1',
    authorization: expect.stringMatching(
      /\/eu-central-1\/ssm\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target,/,
    ) as string,
  });
});

it('refuses a parameter that has no digest', async () => {
  const { stderr } = await runWithParameter('../../secret', 'print(current_digest(source))');
  expect(stderr).toContain('the parameter /shop/release has no digest of a release');
});

it('takes the parts of Node and of the agent from the archive with that digest only', async () => {
  const { path, digest, manifest } = await buildService({ version: 1 });
  const parts = ['node', 'agent'].map((role) => manifest.parts.find((part) => part.role === role));
  const read = (name: string) =>
    runWithParameter('', `print(json.dumps(parts_of(${JSON.stringify(path)}, "${name}")))`);
  expect(JSON.parse((await read(digest)).stdout)).toEqual(parts.map((part) => part?.sha256));
  const other = '0'.repeat(64);
  expect((await read(other)).stderr).toContain(`the archive isn't the release ${other}`);
});

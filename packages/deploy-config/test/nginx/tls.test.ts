import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

import { describe, expect, it } from 'vitest';

import { freePort, temporaryFolder } from '@fairlead/test-support';
import { defineDeployment, folderLayout, renderNginx, type NginxInput } from '../../src/index.ts';
import { send } from '../support/http-answer.ts';
import { listenOn } from '../support/sample-nginx.ts';
import { folderInput } from '../support/sample-deployment.ts';
import { selfSignedCertificate } from '../support/self-signed-certificate.ts';
import { startNginx } from '../support/start-nginx.ts';

const name = 'models.example.com';

async function startSecureEdge(nginx: Partial<NginxInput> = {}) {
  const folder = temporaryFolder();
  const { certificate, ...files } = selfSignedCertificate(folder, name);
  const [port, redirectPort] = [await freePort(), await freePort()];
  const sample = folderInput(folder);
  const deployment = defineDeployment({
    ...sample,
    layout: folderLayout(folder),
    nginx: {
      ...sample.nginx,
      listen: { scheme: 'https', names: [name], host: '127.0.0.1', port, redirectPort, ...files },
      ...nginx,
    },
  });
  const host = '127.0.0.1';
  const file = renderNginx(deployment);
  await startNginx({ deployment, file, address: { host, port } });
  await listenOn(join(folder, 'run/gateway.sock'), (incoming, response) => {
    response.end(`${String(incoming.headers['x-forwarded-proto'])} ${incoming.headers.host ?? ''}`);
  });
  return { secure: { host, port, ca: certificate }, plain: { host, port: redirectPort } };
}

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect(options);
  await once(socket, 'secureConnect');
  return socket;
}

async function sendSecure(options: RequestOptions) {
  const call = request({ agent: false, ...options }).end();
  const [message] = (await once(call, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of message.setEncoding('utf8')) body += String(chunk);
  return { status: message.statusCode, headers: message.headers, body };
}

describe('a rendered Nginx with TLS', () => {
  it('serves the names of its certificate, with HSTS', async () => {
    const { secure } = await startSecureEdge();
    const answer = await sendSecure({ ...secure, servername: name, headers: { Host: name } });
    expect(answer).toMatchObject({
      status: 200,
      body: `https ${name}`,
      headers: { 'strict-transport-security': 'max-age=63072000' },
    });
  });

  it('serves HTTP/2', async () => {
    const { secure } = await startSecureEdge();
    const session = connectHttp2(`https://${name}:${secure.port}`, { ...secure, servername: name });
    const stream = session.request({ ':path': '/' }).setEncoding('utf8');
    let body = '';
    for await (const chunk of stream) body += String(chunk);
    session.close();
    await once(session, 'close');
    expect(body).toBe(`https ${name}`);
  });

  it('refuses the handshake for another name', async () => {
    const { secure } = await startSecureEdge();
    for (const servername of ['other.example.com', '']) {
      await expect(handshake({ ...secure, servername })).rejects.toThrow(/unrecognized name/);
    }
  });

  it('serves a load balancer, whose handshakes name no host: health checks by address, and requests by name', async () => {
    const { secure } = await startSecureEdge({ trustedProxies: ['127.0.0.0/8'] });
    const ask = (path: string, host: string) =>
      sendSecure({
        ...secure,
        path,
        servername: '',
        rejectUnauthorized: false,
        headers: { Host: host },
      });
    expect((await ask('/v2/health/ready', `127.0.0.1:${secure.port}`)).status).toBe(200);
    expect((await ask('/', name)).body).toBe(`https ${name}`);
    expect((await ask('/', 'other.example.com')).status).toBe(421);
  });

  it('responds with 421 when the request is for another name than the handshake', async () => {
    const { secure } = await startSecureEdge();
    const answer = await sendSecure({ ...secure, servername: name, headers: { Host: 'other' } });
    expect(answer.status).toBe(421);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'ERR_EDGE_MISDIRECTED_REQUEST' });
    expect(answer.headers['strict-transport-security']).toBeDefined();
  });

  it('accepts TLS 1.2 and 1.3, and nothing older or weaker', async () => {
    const { secure } = await startSecureEdge();
    const options = { ...secure, servername: name };
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await handshake({ ...options, minVersion: version, maxVersion: version });
      expect(socket.getProtocol()).toBe(version);
      expect(socket.isSessionReused()).toBe(false);
      socket.destroy();
    }
    const old = { ...options, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
    await expect(handshake({ ...old, ciphers: 'ALL@SECLEVEL=0' })).rejects.toThrow(/alert|version/);
    const weak = { ...options, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' } as const;
    await expect(handshake(weak)).rejects.toThrow(/handshake failure/);
  });

  it('redirects plain HTTP to the same address, and preserves the method', async () => {
    const { plain, secure } = await startSecureEdge();
    const call = { ...plain, method: 'POST', path: '/v2/a%20b?x=1' };
    const answer = await send({ ...call, headers: { Host: name } });
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe(`https://${name}:${secure.port}/v2/a%20b?x=1`);
    expect((await send({ ...call, headers: { Host: 'other' } })).status).toBe(421);
  });

  it('responds in JSON to plain HTTP on the TLS port', async () => {
    const { secure } = await startSecureEdge();
    const answer = await send({ host: secure.host, port: secure.port });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'ERR_EDGE_BAD_REQUEST' });
  });
});

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServiceError,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { freePort, temporaryFolder } from '@fairlead/test-support';
import {
  defineDeployment,
  gatewayEnvironment,
  systemdUnits,
  type DeploymentInput,
} from '../../src/index.ts';
import { folderInput, hostInput } from '../support/sample-deployment.ts';
import { startSampleNginx } from '../support/sample-nginx.ts';
import { selfSignedCertificate } from '../support/self-signed-certificate.ts';

const path = '/inference.GRPCInferenceService/ModelInfer';
const bytes = (value: Buffer) => value;

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => void;

/** A real gRPC server of bytes behind Nginx. */
async function serve(address: string, handler: Handler): Promise<void> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(
    {
      ModelInfer: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    },
    { ModelInfer: handler },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  // Nginx's workers have another account where root starts it.
  chmodSync(address.slice('unix:'.length), 0o666);
  onTestFinished(() => {
    server.forceShutdown();
  });
}

interface Answer {
  readonly body?: Buffer | undefined;
  readonly error?: ServiceError;
}

function clientOf(address: string, trust = credentials.createInsecure(), options = {}) {
  const client = new Client(address, trust, options);
  onTestFinished(() => {
    client.close();
  });
  return (message: Buffer, metadata: Record<string, string> = {}, method = path): Promise<Answer> =>
    new Promise((resolve) => {
      const sent = new Metadata();
      for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
      const deadline = Date.now() + 30_000;
      client.makeUnaryRequest(method, bytes, bytes, message, sent, { deadline }, (error, body) => {
        resolve(error === null ? { body } : { error });
      });
    });
}

/** Nginx with a plain port for gRPC, and the socket where the gateway would listen. */
async function plainEdge(input: Partial<DeploymentInput> = {}) {
  const port = await freePort();
  const { folder } = await startSampleNginx({
    input: { grpc: { address: `127.0.0.1:${port}` }, ...input },
  });
  return {
    socket: `unix:${join(folder, 'run/grpc.sock')}`,
    address: `127.0.0.1:${port}`,
    send: clientOf(`127.0.0.1:${port}`),
  };
}

const echo: Handler = ({ request, metadata }, answer) => {
  const trailers = new Metadata();
  for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'authorization']) {
    const values = metadata.get(name);
    if (values.length > 0) trailers.set(`seen-${name}`, values.join('|'));
  }
  const [wanted] = metadata.get('fail');
  if (wanted === undefined) answer(null, request);
  else
    answer({ code: status.INVALID_ARGUMENT, details: 'the tensor is wrong', metadata: trailers });
};

describe('gRPC behind Nginx', () => {
  it('forwards bytes, errors and metadata', async () => {
    const { socket, send } = await plainEdge();
    await serve(socket, echo);
    const message = Buffer.from([0x0a, 0x01, 0x6d]);
    expect((await send(message)).body).toEqual(message);
    expect((await send(Buffer.alloc(0))).body).toEqual(Buffer.alloc(0));
    const { error } = await send(message, {
      fail: '1',
      authorization: 'Bearer fl_x',
      'x-forwarded-for': '6.6.6.6',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
    });
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'the tensor is wrong',
    });
    // The address headers of the client are replaced; its key is forwarded.
    expect(error?.metadata.getMap()).toMatchObject({
      'seen-x-forwarded-for': '127.0.0.1',
      'seen-authorization': 'Bearer fl_x',
    });
    expect(error?.metadata.get('seen-x-real-ip')).toEqual([]);
    expect(error?.metadata.get('seen-forwarded')).toEqual([]);
  });

  it('accepts the largest message, and refuses the next larger one', async () => {
    const { socket, send } = await plainEdge({ maxBodyBytes: 100_000 });
    await serve(socket, echo);
    expect((await send(Buffer.alloc(100_000, 7))).body?.length).toBe(100_000);
    expect((await send(Buffer.alloc(100_001, 7))).error).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('larger than this service accepts') as string,
    });
  });

  it('responds with UNAVAILABLE without an upstream, and DEADLINE_EXCEEDED for an upstream that never responds', async () => {
    const { socket, send } = await plainEdge({
      timeouts: { requestMs: 500, marginMs: 500, nginxConnectMs: 400 },
    });
    expect((await send(Buffer.from('a'))).error).toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringContaining('not answering') as string,
    });
    await serve(socket, () => undefined);
    expect((await send(Buffer.from('a'))).error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  it('forwards UNIMPLEMENTED of the server', async () => {
    const { socket, send } = await plainEdge();
    await serve(socket, echo);
    expect((await send(Buffer.from('a'), {}, '/other.Service/Method')).error).toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });

  it('limits the calls of an address', async () => {
    const port = await freePort();
    const { folder } = await startSampleNginx({
      nginx: { perAddress: { requestsPerSecond: 1, burst: 1 } },
      input: { grpc: { address: `127.0.0.1:${port}` } },
    });
    await serve(`unix:${join(folder, 'run/grpc.sock')}`, echo);
    const send = clientOf(`127.0.0.1:${port}`);
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(Buffer.from('a'))));
    const codes = answers.map(({ error }) => error?.code);
    expect(codes).toContain(undefined);
    expect(codes).toContain(status.RESOURCE_EXHAUSTED);
  });

  it('shares the port of TLS with HTTP', async () => {
    const port = await freePort();
    const files = selfSignedCertificate(temporaryFolder(), 'models.example.com');
    const { certificate, certificateFile, certificateKeyFile } = files;
    const { folder } = await startSampleNginx({
      port,
      nginx: {
        listen: {
          scheme: 'https',
          names: ['models.example.com'],
          certificateFile,
          certificateKeyFile,
          host: '127.0.0.1',
          port,
          redirectPort: await freePort(),
        },
      },
      input: { grpc: {} },
      gateway: (_req, res) => res.end('over HTTP'),
    });
    await serve(`unix:${join(folder, 'run/grpc.sock')}`, echo);
    const send = clientOf(`127.0.0.1:${port}`, credentials.createSsl(certificate), {
      'grpc.ssl_target_name_override': 'models.example.com',
      'grpc.default_authority': 'models.example.com',
    });
    expect((await send(Buffer.from('over TLS'))).body?.toString()).toBe('over TLS');
  });
});

describe('the deployment', () => {
  const problems = (input: DeploymentInput) => () => defineDeployment(input);
  const laptop = folderInput('/home/ada/fairlead');

  it('has no gRPC by default', () => {
    expect(gatewayEnvironment(defineDeployment(laptop))).not.toHaveProperty('FAIRLEAD_GRPC_LISTEN');
  });

  it('passes the address to the gateway', () => {
    const grpc = { address: '127.0.0.1:8081' } as const;
    expect(gatewayEnvironment(defineDeployment({ ...laptop, grpc }))).toMatchObject({
      FAIRLEAD_GRPC_LISTEN: 'unix:/home/ada/fairlead/run/grpc.sock',
    });
    expect(gatewayEnvironment(defineDeployment({ ...hostInput, grpc: {} }))).toMatchObject({
      FAIRLEAD_GRPC_LISTEN: 'fd:4',
    });
  });

  it('has a socket of systemd, which outlasts a restart, unless gRPC has a TCP address', () => {
    const units = (grpc: NonNullable<DeploymentInput['grpc']>) =>
      systemdUnits(defineDeployment({ ...hostInput, grpc }))['fairlead-gateway.socket']?.Socket;
    expect(units({})?.ListenStream).toEqual([
      '/run/fairlead/gateway.sock',
      '/run/fairlead/grpc.sock',
    ]);
    const gatewayListen = '127.0.0.1:9000';
    expect(units({ gatewayListen })?.ListenStream).toEqual(['/run/fairlead/gateway.sock']);
    const tcp = defineDeployment({ ...hostInput, grpc: { gatewayListen } });
    expect(gatewayEnvironment(tcp)).toMatchObject({ FAIRLEAD_GRPC_LISTEN: gatewayListen });
  });

  it('refuses addresses that cannot work', () => {
    expect(problems({ ...laptop, grpc: {} })).toThrow(
      /grpc\.address is not set.*127\.0\.0\.1:8081/,
    );
    expect(problems({ ...laptop, grpc: { address: '127.0.0.1:8080' } })).toThrow(
      /grpc\.address .*nginx\.listen\.address .*same address/,
    );
    expect(problems({ ...hostInput, grpc: { address: '0.0.0.0:8081' } })).toThrow(
      /grpc\.address is set.*shares the port of TLS/,
    );
  });
});

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json, text } from 'node:stream/consumers';

import { SSMClient } from '@aws-sdk/client-ssm';

/** Systems Manager with one instance: this machine. */
export interface SsmExecutor {
  readonly client: SSMClient;
  /** Scripts that were sent. */
  readonly scripts: readonly string[];
  close(): Promise<void>;
}

/** The instance that runs commands, and one whose agent takes none. */
export const INSTANCE = 'i-0123456789abcdef0';
export const SILENT_INSTANCE = 'i-00000000000000000';

/** Limits of GetCommandInvocation, in characters. */
const MAX_OUTPUT = 24_000;
const MAX_ERROR = 8_000;

type Invocation = Readonly<Record<string, string | number>>;
interface Parameters {
  readonly commands: readonly [string];
  readonly executionTimeout: readonly [string];
}

interface Body {
  readonly CommandId?: string;
  readonly InstanceIds?: readonly string[];
  readonly Parameters?: Parameters;
}

/** Starts a server of Systems Manager's protocol that runs scripts with `sh`, with its delays and limits of output. */
export async function startSsmExecutor(): Promise<SsmExecutor> {
  const scripts: string[] = [];
  const invocations = new Map<string, Invocation>();
  const unknownOnce = new Set<string>();
  const answer = async (req: IncomingMessage): Promise<[number, object]> => {
    const body = (await json(req)) as Body;
    const id = body.CommandId ?? randomUUID();
    switch (req.headers['x-amz-target']) {
      case 'AmazonSSM.SendCommand': {
        const [instance = ''] = body.InstanceIds ?? [];
        const parameters = body.Parameters ?? { commands: [''], executionTimeout: ['1'] };
        if (instance !== INSTANCE && instance !== SILENT_INSTANCE) {
          return [400, { __type: 'InvalidInstanceId' }];
        }
        scripts.push(parameters.commands[0]);
        unknownOnce.add(id);
        invocations.set(id, { Status: 'InProgress', StatusDetails: 'InProgress' });
        if (instance === SILENT_INSTANCE) {
          invocations.set(id, { Status: 'TimedOut', StatusDetails: 'Delivery Timed Out' });
        } else {
          void execute(parameters).then((ended) => invocations.set(id, ended));
        }
        return [200, { Command: { CommandId: id } }];
      }
      case 'AmazonSSM.GetCommandInvocation':
        if (unknownOnce.delete(id)) return [400, { __type: 'InvocationDoesNotExist' }];
        return [200, { CommandId: id, ...invocations.get(id) }];
      default:
        return [400, { __type: 'UnknownOperationException' }];
    }
  };
  const server = createServer((req, res) => {
    void answer(req).then(([status, content]) => {
      res.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      res.end(JSON.stringify(content));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new SSMClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    client,
    scripts,
    async close() {
      client.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function execute({ commands, executionTimeout }: Parameters): Promise<Invocation> {
  const child = spawn('sh', ['-c', commands[0]], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { PATH: process.env.PATH },
  });
  const timer = setTimeout(
    () => {
      // The whole group: the agent leaves nothing of a command behind either.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    },
    Number(executionTimeout[0]) * 1_000,
  );
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  const [stdout, stderr] = await output;
  const content = {
    StandardOutputContent: stdout.slice(0, MAX_OUTPUT),
    StandardErrorContent: stderr.slice(0, MAX_ERROR),
  };
  if (code === null)
    return { ...content, Status: 'TimedOut', StatusDetails: 'Execution Timed Out' };
  const status = code === 0 ? 'Success' : 'Failed';
  return { ...content, Status: status, StatusDetails: status, ResponseCode: code };
}

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json, text } from 'node:stream/consumers';

/** Result of a script; `undefined` as code when it was ended after its time. */
export interface ScriptResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script on an instance. */
export type RunScript = (script: string, timeoutMs: number) => Promise<ScriptResult>;

/** A server of the protocol of AWS Systems Manager, whose instances run scripts. */
export interface SystemsManager {
  readonly port: number;
  /** Its URL on this machine. */
  readonly endpoint: string;
  /** Scripts that were sent. */
  readonly scripts: readonly string[];
  /** Values of parameters, by their names. */
  readonly parameters: Map<string, string>;
  close(): Promise<void>;
}

/** Limits of GetCommandInvocation, in characters. */
const MAX_OUTPUT = 24_000;
const MAX_ERROR = 8_000;

type Invocation = Readonly<Record<string, string | number>>;

interface Body {
  readonly Name?: string;
  readonly Value?: string;
  readonly CommandId?: string;
  readonly InstanceIds?: readonly string[];
  readonly Parameters?: {
    readonly commands: readonly [string];
    readonly executionTimeout: readonly [string];
  };
}

/**
 * Starts a server of Systems Manager's protocol, with its delays and limits of output, on a free port of the loopback interface. Unlike AWS, it refuses a
 * command for any other number of instances than one.
 *
 * @param instances runs scripts, by the ID of an instance; `'silent'` for one whose agent takes none
 */
export async function startSystemsManager(
  instances: Readonly<Record<string, RunScript | 'silent'>>,
): Promise<SystemsManager> {
  const scripts: string[] = [];
  const parameters = new Map<string, string>();
  const invocations = new Map<string, Invocation>();
  const unknownOnce = new Set<string>();
  const sendCommand = ({ InstanceIds, Parameters }: Body): [number, object] => {
    // Each command is for one instance: a request for several, or for none, is a fault of the sender.
    const [instanceId = '', ...others] = InstanceIds ?? [];
    if (instanceId === '' || others.length > 0) {
      const message = `a command for exactly one instance was expected, got ${JSON.stringify(InstanceIds)}`;
      return [400, { __type: 'ValidationException', message }];
    }
    const id = randomUUID();
    const instance = instances[instanceId];
    if (instance === undefined) return [400, { __type: 'InvalidInstanceId' }];
    const [script] = Parameters?.commands ?? [''];
    scripts.push(script);
    unknownOnce.add(id);
    if (instance === 'silent') {
      invocations.set(id, { Status: 'TimedOut', StatusDetails: 'Delivery Timed Out' });
    } else {
      invocations.set(id, { Status: 'InProgress', StatusDetails: 'InProgress' });
      const seconds = Number(Parameters?.executionTimeout[0]);
      void instance(script, seconds * 1_000).then((ended) => {
        invocations.set(id, invocationOf(ended));
      });
    }
    return [200, { Command: { CommandId: id } }];
  };
  const answer = async (req: IncomingMessage): Promise<[number, object]> => {
    const body = (await json(req)) as Body;
    const { CommandId: id = '' } = body;
    switch (req.headers['x-amz-target']) {
      case 'AmazonSSM.SendCommand':
        return sendCommand(body);
      case 'AmazonSSM.GetCommandInvocation':
        if (unknownOnce.delete(id)) return [400, { __type: 'InvocationDoesNotExist' }];
        return [200, { CommandId: id, ...invocations.get(id) }];
      case 'AmazonSSM.GetParameter': {
        const { Name = '' } = body;
        const Value = parameters.get(Name);
        if (Value === undefined) return [400, { __type: 'ParameterNotFound' }];
        return [200, { Parameter: { Name, Value, Type: 'String' } }];
      }
      case 'AmazonSSM.PutParameter':
        parameters.set(body.Name ?? '', body.Value ?? '');
        return [200, { Version: parameters.size }];
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
  return {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    ...{ scripts, parameters },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function invocationOf({ code, stdout, stderr }: ScriptResult): Invocation {
  const output = {
    StandardOutputContent: stdout.slice(0, MAX_OUTPUT),
    StandardErrorContent: stderr.slice(0, MAX_ERROR),
  };
  if (code === undefined) {
    return { ...output, Status: 'TimedOut', StatusDetails: 'Execution Timed Out' };
  }
  const status = code === 0 ? 'Success' : 'Failed';
  return { ...output, Status: status, StatusDetails: status, ResponseCode: code };
}

/** Runs a script on this machine. */
export async function runScriptHere(script: string, timeoutMs: number): Promise<ScriptResult> {
  const child = spawn('sh', ['-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { PATH: process.env.PATH },
  });
  const timer = setTimeout(() => {
    // The whole group: the agent leaves nothing of a command behind either.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, timeoutMs);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  const [stdout, stderr] = await output;
  return { code: code ?? undefined, stdout, stderr };
}

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import {
  inferenceHandler,
  mlflowScoring,
  openInference,
  sageMaker,
  tensorFlowServing,
  type InferenceHandler,
  type ModelServer,
} from '@fairlead/serving';
import type { FuzzInput } from './fuzz-input.ts';
import { echoServer } from './echo-models.ts';

/** Result of one request. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly jsonBytes: number | undefined;
  readonly body: Buffer;
  /** Milliseconds of the processor from the request to its execution, or to its answer where it was refused. */
  readonly decodeMs: number;
  /** Milliseconds of the processor from the end of its execution to the answer. */
  readonly encodeMs: number;
  /** Errors that the server reported to onError. */
  readonly hidden: unknown;
}

/** Processor time of this thread: other programs, and other threads, don't count. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The handler of every protocol, over models that echo. */
export function protocolsHandler(
  server: ModelServer,
  onError?: (error: unknown) => void,
): InferenceHandler {
  return inferenceHandler(server, {
    protocols: [
      openInference(),
      tensorFlowServing(),
      mlflowScoring({ model: 'features' }),
      sageMaker({ model: 'two' }),
    ],
    maxBodyBytes: 2 * 1024 * 1024,
    ...(onError && { onError }),
  });
}

/** Every protocol over HTTP without a socket: Node's own request and response, so that as much as possible is ours. */
export class HttpTarget {
  readonly server: ModelServer;
  readonly #handler: InferenceHandler;
  #hidden: unknown;
  #executionAt: number | undefined;
  #executedAt: number | undefined;

  private constructor(server: ModelServer) {
    this.server = server;
    this.#handler = protocolsHandler(server, (error) => (this.#hidden = error));
  }

  static async start(): Promise<HttpTarget> {
    let target: HttpTarget | undefined;
    const server = await echoServer(() => {
      if (target !== undefined) target.#executionAt = cpuMs();
      return () => {
        if (target !== undefined) target.#executedAt = cpuMs();
      };
    });
    return (target = new HttpTarget(server));
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  ask({ method, path, headers, body }: FuzzInput): Promise<Answer> {
    const req = new IncomingMessage(new Socket());
    req.method = method;
    req.url = path;
    for (const [name, value] of Object.entries(headers)) req.headers[name.toLowerCase()] = value;
    const res = new ServerResponse(req);
    this.#hidden = this.#executionAt = this.#executedAt = undefined;
    const answered = new Promise<Answer>((resolve) => {
      res.end = ((sent: string | Uint8Array = '') => {
        const endedAt = cpuMs();
        const jsonBytes = res.getHeader('inference-header-content-length');
        resolve({
          status: res.statusCode,
          contentType: String(res.getHeader('content-type')),
          jsonBytes: jsonBytes === undefined ? undefined : Number(jsonBytes),
          body: Buffer.from(sent as string),
          decodeMs: (this.#executionAt ?? endedAt) - startedAt,
          encodeMs: this.#executedAt === undefined ? 0 : endedAt - this.#executedAt,
          hidden: this.#hidden,
        });
        return res;
      }) as typeof res.end;
    });
    const half = body.length >> 1;
    if (half > 100_000) {
      req.push(body.subarray(0, half));
      req.push(body.subarray(half));
    } else if (body.length > 0) req.push(body);
    req.complete = true;
    req.push(null);
    const startedAt = cpuMs();
    this.#handler(req, res);
    return answered;
  }
}

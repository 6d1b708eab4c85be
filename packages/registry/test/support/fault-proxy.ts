import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, MultipartUploads } from './multipart-uploads.ts';

/** Request that a fault can match. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A fault, and the requests that it affects. */
export interface Fault {
  readonly when: (request: SeenRequest) => boolean;
  /** Number of occurrences. @defaultValue until `heal` */
  readonly times?: number;
  readonly what:
    /** S3 executes the request, and the answer is lost. */
    | 'lose answer'
    /** The connection breaks in the middle of the request, before S3 gets it. */
    | 'cut request'
    /** The connection breaks in the middle of the answer. */
    | 'cut answer'
    /** No answer is sent. */
    | 'hang'
    /** S3 answers with this error. */
    | { readonly status: number; readonly code: string; readonly headers?: Record<string, string> }
    /** Something else happens between the answer of S3 and its delivery to the client. */
    | { readonly after: () => Promise<unknown> };
}

/**
 * Proxy between the SDK and moto that injects faults of networks and of S3.
 *
 * It also makes moto's conditional writes atomic, which they are in S3: of those on one key it passes one at a time.
 * It also corrects answers about uploads in parts ({@link MultipartUploads}).
 */
export class FaultProxy {
  readonly requests: SeenRequest[] = [];
  readonly #upstreamPort: number;
  readonly #agent = new Agent();
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch(() => {
      response.destroy();
    });
  });
  readonly #uploads = new MultipartUploads();
  readonly #turns = new Map<string, Promise<unknown>>();
  #faults: { readonly fault: Fault; happened: number }[] = [];
  #state: 'there' | 'away' = 'there';
  #port = 0;

  private constructor(upstreamPort: number) {
    this.#upstreamPort = upstreamPort;
  }

  static async start(upstreamPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstreamPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.#port = (proxy.#server.address() as AddressInfo).port;
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Injects a fault; returns a function that counts how often it occurred. */
  inject(fault: Fault): () => number {
    const entry = { fault, happened: 0 };
    this.#faults.push(entry);
    return () => entry.happened;
  }

  /** Removes all faults. */
  heal(): void {
    this.#faults = [];
    this.#state = 'there';
  }

  /** Rejects all requests and closes all connections, until `heal`. */
  vanish(): void {
    this.#state = 'away';
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const seen: SeenRequest = { method, url, headers };
    this.requests.push(seen);
    if (this.#isAway()) {
      request.destroy();
      return;
    }
    const entry = this.#faults.find(
      ({ fault, happened }) => happened < (fault.times ?? Infinity) && fault.when(seen),
    );
    if (entry !== undefined) entry.happened += 1;
    const what = entry?.fault.what;
    if (what === 'hang') return;
    if (what === 'cut request') {
      request.once('data', () => request.destroy());
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (typeof what === 'object' && 'status' in what) {
      response.writeHead(what.status, { 'content-type': 'application/xml', ...what.headers });
      response.end(
        method === 'HEAD'
          ? ''
          : `<Error><Code>${what.code}</Code><Message>injected</Message></Error>`,
      );
      return;
    }
    const send = (): Promise<Answer> => this.#forward(seen, Buffer.concat(chunks));
    const key = url.split('?')[0] ?? '';
    const answer = await (headers['if-none-match'] === undefined
      ? send()
      : this.#inTurn(key, send));
    if (typeof what === 'object') await what.after();
    if (what === 'lose answer' || this.#isAway()) {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers);
    if (what === 'cut answer') {
      response.write(answer.body.subarray(0, Math.ceil(answer.body.length / 2)), () => {
        response.destroy();
      });
      return;
    }
    response.end(answer.body);
  }

  #isAway(): boolean {
    return this.#state === 'away';
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const turn = mine.catch(() => undefined);
    this.#turns.set(key, turn);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  async #forward({ method, url, headers }: SeenRequest, body: Buffer): Promise<Answer> {
    const sent = httpRequest({
      host: '127.0.0.1',
      port: this.#upstreamPort,
      agent: this.#agent,
      method,
      path: url,
      headers: { ...endToEnd(headers), 'content-length': String(body.length) },
    });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return this.#uploads.correct(method, url, {
      status: answer.statusCode ?? 500,
      headers: endToEnd(answer.headers),
      body: Buffer.concat(chunks),
    });
  }
}

/** Returns the end-to-end headers. */
function endToEnd(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const hops = new Set(['connection', 'expect', 'keep-alive', 'transfer-encoding']);
  const endToEndHeaders = Object.entries(headers).filter(([name]) => !hops.has(name));
  return Object.fromEntries(endToEndHeaders.map(([name, value]) => [name, String(value)]));
}

import { checkedLookup, type AddressKind, type ResolveAll } from '@fairlead/webhooks/addresses';
import type { Pool } from 'undici';
import { ServingError } from '../errors/serving-error.ts';
import type { UpstreamAddress } from './upstream-address.ts';

/** Options of the client of one upstream. */
export interface UpstreamClientOptions {
  readonly name: string;
  readonly address: UpstreamAddress;
  readonly connections: number;
  readonly timeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly keepAlive: boolean;
  /** Resolves names; `lookup` of `node:dns` without it. */
  readonly resolve?: ResolveAll | undefined;
}

/** Upstreams are anywhere but at link-local and metadata addresses. */
const ALLOWED: readonly AddressKind[] = ['public', 'private', 'reserved'];

/** An answer, read whole. */
export interface UpstreamResponse {
  readonly status: number;
  readonly body: Buffer;
}

/** Pooled HTTP/1.1 connections to one upstream; bounded in number, time and size, and follows no redirect. */
export class UpstreamClient {
  readonly name: string;
  /** Connections at most. */
  readonly connections: number;
  /** Opened for the first request: undici is a quarter of the code that the start of a process without upstreams would read. */
  #pool: Pool | undefined;
  #isClosed = false;
  readonly #options: UpstreamClientOptions;

  constructor(options: UpstreamClientOptions) {
    this.name = options.name;
    this.connections = options.connections;
    this.#options = options;
  }

  async #open(): Promise<Pool> {
    const { Pool } = await import('undici');
    // Another request may have opened it by now, or it was closed.
    if (this.#isClosed) throw new Error(`the client of upstream "${this.name}" is closed`);
    const { address, connections, timeoutMs, maxResponseBytes, keepAlive, resolve } = this.#options;
    return (this.#pool ??= new Pool(address.origin, {
      connections,
      // undici's way to say "Connection: close".
      pipelining: keepAlive ? 1 : 0,
      connect: {
        timeout: timeoutMs,
        // Checked for each connection: a name may resolve otherwise a moment later.
        lookup: checkedLookup(ALLOWED, resolve),
        ...(address.socketPath !== undefined && { socketPath: address.socketPath }),
      },
      maxResponseSize: maxResponseBytes,
    }));
  }

  /**
   * Sends one request and reads the answer.
   *
   * @throws ServingError `ERR_SERVING_UPSTREAM_UNREACHABLE`, `ERR_SERVING_UPSTREAM_FAILED` for an answer that breaks
   * off or is too large, `ERR_SERVING_CANCELED` when `signal` aborts.
   */
  async request(
    method: 'GET' | 'POST',
    path: string,
    {
      signal,
      body,
      requestId,
      trace,
      timeoutMs = this.#options.timeoutMs,
    }: {
      signal: AbortSignal;
      body?: string | Uint8Array;
      requestId?: string | undefined;
      trace?: Readonly<Record<string, string>>;
      timeoutMs?: number | undefined;
    },
  ): Promise<UpstreamResponse> {
    const { name } = this.#options;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const pool = this.#pool ?? (await this.#open());
      const response = await pool.request({
        method,
        path,
        signal: limit,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(requestId !== undefined && { 'x-request-id': requestId }),
          ...trace,
        },
        ...(body !== undefined && { body }),
      });
      return { status: response.statusCode, body: Buffer.from(await response.body.arrayBuffer()) };
    } catch (cause) {
      if (signal.aborted)
        throw new ServingError(
          'ERR_SERVING_CANCELED',
          `the request to upstream "${name}" was canceled`,
          { cause },
        );
      const code = (cause as { code?: unknown }).code;
      const unreachable =
        code === 'ECONNREFUSED' ||
        code === 'ENOENT' ||
        code === 'UND_ERR_CONNECT_TIMEOUT' ||
        code === 'ENOTFOUND' ||
        code === 'EADDRREFUSED';
      const what = limit.aborted ? `gave no answer within ${timeoutMs} ms` : detail(cause);
      throw new ServingError(
        unreachable ? 'ERR_SERVING_UPSTREAM_UNREACHABLE' : 'ERR_SERVING_UPSTREAM_FAILED',
        `upstream "${name}" ${unreachable ? "can't be reached" : 'failed'}: ${what}`,
        { cause },
      );
    }
  }

  /** Maximum time of an answer while a version is loaded, in milliseconds. */
  get loadTimeoutMs(): number {
    return this.#options.loadTimeoutMs;
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.destroy();
  }
}

/** Without the address: messages reach clients, who needn't know the inside of the host. */
function detail(cause: unknown): string {
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' ? code : 'the connection broke';
}

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { RuleViolation, readPutMetricData } from './put-metric-data-rules.ts';
import type { AcceptedDatum } from './put-metric-data-rules.ts';

/**
 * How the server fails one request: `reset` closes the connection without an answer, `lost answer` does so after the
 * values were stored, `silent` never answers.
 */
export type Fault =
  | 'throttling'
  | 'too many requests'
  | 'internal error'
  | 'unavailable'
  | 'reset'
  | 'lost answer'
  | 'silent'
  | 'expired token'
  | 'access denied'
  | 'validation error';

/** One request that was taken. */
export interface AcceptedRequest {
  readonly namespace: string;
  readonly datums: readonly AcceptedDatum[];
  /** Before compression. */
  readonly bodyBytes: number;
  readonly compressed: boolean;
}

const maxBodyBytes = 1_000_000;

/**
 * A CloudWatch that knows PutMetricData only, over HTTP as the SDK speaks it (AWS JSON 1.0, gzip from 10 KiB), and
 * that is as strict as the API reference; moto takes much that AWS refuses.
 */
export class StrictCloudWatch {
  readonly accepted: AcceptedRequest[] = [];
  /** Rule violations, one for each refused request. */
  readonly violations: string[] = [];
  /** The next requests fail in this way, one each; `undefined` lets one through. */
  readonly faults: (Fault | undefined)[] = [];
  /** Requests that arrived, with any result. */
  arrived = 0;
  /** The server's idea of the time, for the rules on timestamps. */
  now: () => number;
  readonly #server: Server;

  private constructor(now: () => number) {
    this.now = now;
    this.#server = createServer((req, res) => {
      void this.#handle(req, res);
    });
  }

  static async start(now: () => number = Date.now): Promise<StrictCloudWatch> {
    const cloudWatch = new StrictCloudWatch(now);
    await new Promise<void>((resolve) => cloudWatch.#server.listen(0, '127.0.0.1', resolve));
    return cloudWatch;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A real client for this server, without retries. */
  client(): CloudWatchClient {
    return new CloudWatchClient({
      endpoint: this.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  }

  /** Counts of each value of a metric, over all datums. */
  distribution(name: string, dimensions?: Record<string, string>): Map<number, number> {
    const wanted = dimensions && JSON.stringify(dimensions);
    const counted = new Map<number, number>();
    for (const datum of this.accepted.flatMap(({ datums }) => datums)) {
      if (datum.name !== name) continue;
      if (wanted !== undefined && JSON.stringify(datum.dimensions) !== wanted) continue;
      datum.values.forEach((value, index) => {
        counted.set(value, (counted.get(value) ?? 0) + (datum.counts[index] ?? 0));
      });
    }
    return counted;
  }

  /** Values stored of all metrics. */
  get total(): number {
    return this.accepted
      .flatMap(({ datums }) => datums.flatMap(({ counts }) => counts))
      .reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.arrived += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const fault = this.faults.shift();
    switch (fault) {
      case 'throttling':
        fail(res, 400, 'ThrottlingException', 'Rate exceeded');
        return;
      case 'too many requests':
        fail(res, 429, 'TooManyRequestsException', 'Slow down');
        return;
      case 'internal error':
        fail(res, 500, 'InternalServiceFault', 'An internal error');
        return;
      case 'unavailable':
        res.writeHead(503, { 'content-type': 'text/html' }).end('<html>Service Unavailable</html>');
        return;
      case 'expired token':
        fail(res, 400, 'ExpiredTokenException', 'The security token is expired');
        return;
      case 'access denied':
        fail(res, 403, 'AccessDeniedException', 'Not authorized to perform PutMetricData');
        return;
      case 'validation error':
        fail(res, 400, 'InvalidParameterValueException', 'Requested by the test');
        return;
      case 'reset':
        req.socket.resetAndDestroy();
        return;
      case 'silent':
        return;
      case 'lost answer':
      case undefined:
    }
    try {
      this.#accept(req, Buffer.concat(chunks));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.violations.push(message);
      if (!(error instanceof RuleViolation)) throw error;
      fail(res, 400, 'InvalidParameterValueException', message);
      return;
    }
    if (fault === 'lost answer') req.socket.resetAndDestroy();
    else res.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  }

  #accept(req: IncomingMessage, body: Buffer): void {
    const { headers } = req;
    const expected: [string, boolean][] = [
      ['method and path', req.method === 'POST' && req.url === '/'],
      ['content-type', headers['content-type'] === 'application/x-amz-json-1.0'],
      ['target', headers['x-amz-target'] === 'GraniteServiceVersion20100801.PutMetricData'],
      [
        'signature',
        /^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/eu-central-1\/monitoring\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/.test(
          headers.authorization ?? '',
        ),
      ],
    ];
    for (const [what, holds] of expected) {
      if (!holds) throw new RuleViolation(`the ${what} of the request`);
    }
    const compressed = headers['content-encoding'] === 'gzip';
    const plain = compressed ? gunzipSync(body) : body;
    if (plain.length > maxBodyBytes) throw new RuleViolation(`a body of ${plain.length} bytes`);
    const input = readPutMetricData(plain.toString('utf8'), this.now());
    this.accepted.push({ ...input, bodyBytes: plain.length, compressed });
  }
}

function fail(res: ServerResponse, status: number, type: string, message: string): void {
  res.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-query-error': `${type};${status < 500 ? 'Sender' : 'Receiver'}`,
  });
  res.end(JSON.stringify({ __type: `com.amazonaws.cloudwatch#${type}`, message }));
}

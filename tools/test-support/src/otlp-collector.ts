import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Span in OTLP's JSON. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number };
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: CollectedSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
}

/** Collector of spans by OTLP over HTTP, in JSON. */
export interface OtlpCollector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** Names of the services that exported spans. */
  readonly services: Set<unknown>;
  /** Status of further answers. */
  status: number;
  readonly close: () => Promise<void>;
}

/**
 * Starts a collector that decodes what it receives.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const isValid =
        req.url === '/v1/traces' && req.headers['content-type'] === 'application/json';
      res.writeHead(isValid ? collector.status : 404, { 'content-type': 'application/json' });
      res.end('{}');
      if (!isValid || collector.status !== 200) return;
      const body = JSON.parse(Buffer.concat(chunks).toString()) as ExportRequest;
      for (const { resource, scopeSpans } of body.resourceSpans) {
        collector.services.add(spanAttribute(resource, 'service.name'));
        collector.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collector: OtlpCollector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    services: new Set(),
    status: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return collector;
}

/** Value of an attribute; undefined without it. */
export function spanAttribute(
  { attributes }: Pick<CollectedSpan, 'attributes'>,
  name: string,
): unknown {
  const found = attributes.find(({ key }) => key === name);
  return found === undefined ? undefined : Object.values(found.value)[0];
}

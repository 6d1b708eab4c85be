import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PushRequest } from '@fairlead/registry';
import { onTestFinished } from 'vitest';

/** Behavior of one model of an upstream, which a test may change while it serves. */
export interface UpstreamBehavior {
  delayMs: number;
  /** Added to y for x from 5 on. */
  largeError: number;
  /** Added to y for negative x. */
  negativeError: number;
  /** The label is 1 from this x on. */
  threshold: number;
  /** Closes connections without a response. */
  isCrashed: boolean;
}

/** An upstream in this process that computes y = 2 x + 1 and a label, under several names. */
export interface VersionsUpstream {
  /** Its address as `FAIRLEAD_FLASK_ADDRESS`. */
  readonly address: string;
  /** Returns the behavior of the model with a name. */
  of(name: string): UpstreamBehavior;
  /** Describes a version of `affine` that the model with a name computes, with golden examples for x = 1 and x = -1. */
  version(name: string): PushRequest;
}

const tensor = (name: string, x: number) =>
  ({ name, datatype: 'FP32', shape: [1, 1], data: [x] }) as const;

/** Starts an upstream; it is closed when the test ends. */
export async function startVersionsUpstream(): Promise<VersionsUpstream> {
  const behaviors = new Map<string, UpstreamBehavior>();
  const of = (name: string): UpstreamBehavior => {
    const known = behaviors.get(name) ?? {
      ...{ delayMs: 0, largeError: 0, negativeError: 0, threshold: 3, isCrashed: false },
    };
    behaviors.set(name, known);
    return known;
  };
  const server = createServer((req, res) => {
    const behavior = of(/\/v2\/models\/([^/]+)/.exec(req.url ?? '')?.[1] ?? '');
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      if (behavior.isCrashed) {
        req.socket.destroy();
        return;
      }
      void sleep(req.method === 'GET' ? 0 : behavior.delayMs).then(() => {
        res.setHeader('content-type', 'application/json');
        res.end(req.method === 'GET' ? '{}' : infer(Buffer.concat(chunks).toString(), behavior));
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    of,
    version: (name) => ({
      model: 'affine',
      runtime: { name: 'upstream', options: { upstream: 'flask', model: name } },
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
        outputs: [
          { name: 'y', datatype: 'FP32', shape: [-1, 1] },
          { name: 'label', datatype: 'INT64', shape: [-1] },
        ],
      },
      files: {},
      goldenExamples: [1, -1].map((x) => ({
        inputs: [tensor('x', x)],
        outputs: [tensor('y', 2 * x + 1)],
      })),
      actor: 'test',
    }),
  };
}

function infer(body: string, { largeError, negativeError, threshold }: UpstreamBehavior): string {
  const { inputs } = JSON.parse(body) as {
    readonly inputs: readonly [{ readonly shape: unknown; readonly data: readonly unknown[] }];
  };
  const [{ shape, data }] = inputs;
  const x = data.flat() as number[];
  const y = x.map((each) => 2 * each + 1 + (each < 0 ? negativeError : each < 5 ? 0 : largeError));
  const labels = x.map((each) => (each >= threshold ? 1 : 0));
  return JSON.stringify({
    outputs: [
      { name: 'y', datatype: 'FP32', shape, data: y },
      { name: 'label', datatype: 'INT64', shape: [labels.length], data: labels },
    ],
  });
}

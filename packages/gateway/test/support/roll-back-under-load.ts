import { Agent } from 'node:http';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { httpCall, slowness, SteadyLoad, until, type HttpAddress } from '@fairlead/test-support';
import { expect, onTestFinished } from 'vitest';
import { onnxVersion } from './sample-registry.ts';

const GATEWAYS = 3;
const PER_SECOND = 100;
/** Time for a rollback to reach every gateway; each polls the registry every 2 s by default. */
const CONVERGED_MS = 15_000;
export const POLL_INTERVAL_MS = '2000';

const by = { actor: 'test' };
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
/** Result of each version for it. */
const results: Readonly<Record<string, string>> = { 1: '[3,5]', 2: '[103,105]' };

/** Location of an empty registry, and how to start a gateway on it. */
export interface Fleet {
  readonly location: string;
  readonly start: () => Promise<HttpAddress>;
}

/** Sends inference requests to a gateway, and notes the time of each response. */
function startLoad(address: HttpAddress) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  onTestFinished(() => {
    agent.destroy();
  });
  return new SteadyLoad(PER_SECOND, async () => {
    const response = await httpCall(address, '/v2/models/affine/infer', { body, agent });
    const version = String(response.headers['fairlead-version']);
    return { status: response.status, body: response.body, version, at: performance.now() };
  });
}

/**
 * Rolls an alias back while three gateways serve it: it reaches each of them in time, no request fails, and every response is
 * that of the version that it names.
 *
 * @returns a line about each gateway
 */
export async function rollBackUnderLoad({ location, start }: Fleet): Promise<readonly string[]> {
  const registry = new ModelRegistry({ store: await openStore(location) });
  await registry.push(onnxVersion('affine', 'affine'));
  await registry.push(onnxVersion('affine', 'affine-next'));
  for (const version of [1, 2]) await registry.setAlias('affine', 'champion', version, by);
  const gateways = await Promise.all(Array.from({ length: GATEWAYS }, start));
  const loads = gateways.map(startLoad);
  // A second of load on each version.
  const answered = (version: string): Promise<unknown> =>
    until(() =>
      loads.every(
        ({ responses }) =>
          responses.filter((response) => response.version === version).length > PER_SECOND,
      ),
    );
  await answered('2');
  const rolledBack = await registry.rollback('affine', 'champion', by);
  expect(rolledBack.version).toBe(1);
  const rolledBackAt = performance.now();
  await answered('1');

  const lines: string[] = [];
  for (const [index, load] of loads.entries()) {
    const seconds = await load.stop();
    const { responses, failures, sent } = load;
    expect(failures).toEqual([]);
    expect(responses).toHaveLength(sent);
    // Each response has the result of the version that it names.
    const wrong = responses.filter(
      ({ status, version, body: text }) =>
        status !== 200 || !text.includes(results[version] ?? 'unknown version'),
    );
    expect(wrong).toEqual([]);
    const lastOld = responses.findLast(({ version }) => version === '2')?.at ?? Infinity;
    const convergedMs = lastOld - rolledBackAt;
    expect(convergedMs).toBeLessThan(CONVERGED_MS * slowness());
    lines.push(
      `gateway ${index + 1}: the last response of version 2 came ${convergedMs.toFixed(0)} ms after the rollback; ` +
        `${sent} requests in ${seconds.toFixed(1)} s, none failed`,
    );
  }
  return lines;
}

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from './free-port.ts';
import { endOf, waitForLog } from './server-process.ts';

/** Result of a query: labels and value of each series. */
export interface PrometheusSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A running Prometheus. */
export interface PrometheusServer {
  /**
   * Evaluates an expression at the present moment.
   *
   * @throws Error with the message of Prometheus for an invalid expression
   */
  readonly query: (expression: string) => Promise<readonly PrometheusSeries[]>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a real Prometheus on a free port of the loopback address, which scrapes one address twice a second.
 *
 * @param target - host and port of a server with a page `/metrics`
 * @throws Error when `prometheus` isn't installed, or ends before it is ready
 */
export async function startPrometheus(target: string, job: string): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-prometheus-'));
  const config = join(folder, 'prometheus.json');
  const global = { scrape_interval: '500ms', scrape_timeout: '500ms' };
  const jobs = [{ job_name: job, static_configs: [{ targets: [target] }] }];
  writeFileSync(config, JSON.stringify({ global, scrape_configs: jobs }));
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const end = endOf(child);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await end;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitForLog(child, child.stderr, /Server is ready to receive web requests/);
  } catch (cause) {
    await stop();
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      const message = 'prometheus is not installed; run "node tools/setup/setup.mjs --dev"';
      throw new Error(message, { cause });
    }
    throw cause;
  }
  return {
    async query(expression) {
      const search = new URLSearchParams({ query: expression }).toString();
      const response = await fetch(`http://${address}/api/v1/query?${search}`);
      const { data, error } = (await response.json()) as {
        readonly data?: { readonly result: readonly PrometheusSeries[] };
        readonly error?: string;
      };
      if (data === undefined) throw new Error(`${expression}: ${String(error)}`);
      return data.result;
    },
    stop,
  };
}

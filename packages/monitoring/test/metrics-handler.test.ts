import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { Counter, Registry } from 'prom-client';
import supertest from 'supertest';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { InferenceMetrics, metricsHandler } from '../src/index.ts';
import { listeningServer } from './listening-server.ts';
import { parsePrometheusPage } from './prometheus-samples.ts';

describe('metricsHandler', () => {
  test('serves a scrape on a plain server with the Prometheus content type', async () => {
    const { registry } = new InferenceMetrics();
    new Counter({ name: 'own_total', help: 'Own.', registers: [registry] }).inc(3);
    const handler = metricsHandler(registry);
    expectTypeOf(handler).toEqualTypeOf<(req: IncomingMessage, res: ServerResponse) => void>();
    const { url } = await listeningServer(handler);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(parsePrometheusPage(await response.text()).get('own_total')).toBe(3);
  });

  test('responds to HEAD with the headers only, in Express', async () => {
    const app = express();
    app.get('/metrics', metricsHandler(new InferenceMetrics().registry));
    const response = await supertest(app).head('/metrics');
    expect(response.status).toBe(200);
    expect(Number(response.headers['content-length'])).toBeGreaterThan(0);
    expect(response.text).toBeUndefined();
  });

  test('serves OpenMetrics when the registry does', async () => {
    const registry = new Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    new Counter({ name: 'own', help: 'Own.', registers: [registry] }).inc();
    const { url } = await listeningServer(metricsHandler(registry));
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toMatch(/^application\/openmetrics-text;/);
    expect(await response.text()).toMatch(/# EOF\n$/);
  });

  test('refuses other methods', async () => {
    const { url } = await listeningServer(metricsHandler(new Registry()));
    const response = await fetch(url, { method: 'POST' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test('adds the metrics of the process only with processMetrics', async () => {
    const without = new Registry();
    metricsHandler(without);
    expect(parsePrometheusPage(await without.metrics()).size).toBe(0);

    const registry = new Registry();
    metricsHandler(registry, { processMetrics: true });
    const samples = parsePrometheusPage(await registry.metrics());
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(samples.has('nodejs_eventloop_lag_seconds')).toBe(true);
    expect(() => metricsHandler(registry, { processMetrics: true })).toThrow(
      expect.objectContaining({ code: 'ERR_MONITORING_METRIC_NAME_TAKEN' }),
    );
  });

  test('responds with 500 without the reason when a metric cannot be collected', async () => {
    const registry = new Registry();
    new Counter({
      name: 'faulty',
      help: 'Faulty.',
      registers: [registry],
      collect() {
        throw new Error('the password of the database is sentinel-7f3a');
      },
    });
    const { url } = await listeningServer(metricsHandler(registry));
    const response = await fetch(url);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('sentinel');
  });
});

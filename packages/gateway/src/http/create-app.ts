import { metricsHandler, type InferenceMetrics } from '@fairlead/monitoring';
import { openApiHandler, type Protocol, type ModelServer } from '@fairlead/serving';
import express, { type Express } from 'express';
import type { Guard } from '../access/guard.ts';
import type { Settings } from '../settings/settings.ts';
import { docsPage } from './docs-page.ts';
import { homePage } from './home-page.ts';

/** Creates the Express application behind the inference protocols: pages, OpenAPI document and metrics. */
export function createApp(
  { keysFile }: Settings,
  models: ModelServer,
  protocols: readonly Protocol[],
  guard: Guard,
  metrics: InferenceMetrics,
): Express {
  const app = express().disable('x-powered-by');
  app.get('/', homePage(models));
  app.get('/docs', docsPage());
  app.use(
    openApiHandler(models, {
      protocols,
      title: 'Fairlead',
      secured: keysFile !== undefined,
      showsExample: (req, model) => guard.mayInfer(req, model),
    }),
  );
  app.get(
    '/metrics',
    guard.requires('metrics'),
    metricsHandler(metrics.registry, { processMetrics: true }),
  );
  return app;
}

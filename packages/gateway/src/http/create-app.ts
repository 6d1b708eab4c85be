import type { IncomingMessage } from 'node:http';
import type { LabelStore } from '@fairlead/capture';
import { metricsHandler, type InferenceMetrics } from '@fairlead/monitoring';
import {
  openApiHandler,
  type BodyMemory,
  type Protocol,
  type ModelServer,
} from '@fairlead/serving';
import express, { type Express } from 'express';
import type { Guard } from '../access/guard.ts';
import { consoleData, type ConsoleSources } from '../console/console-data.ts';
import type { TrafficSampler } from '../console/traffic-sampler.ts';
import { labelsHandler } from '../labels/labels-handler.ts';
import { labelsPaths } from '../labels/labels-paths.ts';
import type { Recording } from '../recording/open-recording.ts';
import type { Settings } from '../settings/settings.ts';
import { outcomesHandler, type OutcomeTests } from '../outcomes/outcomes-handler.ts';
import { outcomesPaths } from '../outcomes/outcomes-paths.ts';
import { docsPage } from './docs-page.ts';
import { homePage } from './home-page.ts';

/** Dependencies that the application shares with the inference protocols in front of it. */
export interface SharedDependencies {
  readonly models: ModelServer;
  readonly protocols: readonly Protocol[];
  readonly guard: Guard;
  readonly metrics: InferenceMetrics;
  readonly bodies: BodyMemory;
  readonly client: (req: IncomingMessage) => string;
  readonly onError: (error: unknown) => void;
}

/** Dependencies of the application. */
export interface AppDependencies extends SharedDependencies {
  /** Text of `/metrics`; undefined for the metrics of this process. */
  readonly metricsPage: (() => Promise<string>) | undefined;
  /** Labels of captured requests; undefined without capture. */
  readonly labels: LabelStore | undefined;
  /** A/B tests; undefined where the settings switch rollouts off. */
  readonly tests: OutcomeTests | undefined;
  /** Newest verdict on the drift of a version. */
  readonly verdictOf: Recording['verdictOf'];
  /** Errors by code, model and step. */
  readonly errorGroups: ConsoleSources['errorGroups'];
  readonly sampler: TrafficSampler;
}

/** Creates the Express application behind the inference protocols: pages, OpenAPI document, labels and metrics. */
export function createApp(
  { keysFile, maxBodyBytes }: Settings,
  {
    models,
    protocols,
    guard,
    metrics,
    metricsPage,
    labels,
    tests,
    bodies,
    client,
    onError,
    ...console
  }: AppDependencies,
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
      furtherPaths: (shown) => ({
        ...(labels && labelsPaths(shown)),
        ...(tests && outcomesPaths(shown)),
      }),
    }),
  );
  const served = (): readonly string[] => models.models;
  if (labels !== undefined) {
    app.post(
      '/v2/models/:model/labels',
      labelsHandler({ labels, models: served, bodies, client, maxBodyBytes, onError }),
    );
  }
  if (tests !== undefined) {
    app.post(
      '/v2/outcomes',
      outcomesHandler({ tests, models: served, bodies, client, maxBodyBytes }),
    );
  }
  app.get('/console.json', guard.requires('metrics'), consoleData(console));
  app.get(
    '/metrics',
    guard.requires('metrics'),
    metricsHandler(metrics.registry, {
      processMetrics: true,
      ...(metricsPage && { page: metricsPage }),
    }),
  );
  return app;
}

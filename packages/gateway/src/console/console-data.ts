import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DriftVerdict } from '@fairlead/drift';
import type { ErrorGroup } from '@fairlead/monitoring';
import type { VersionLabel } from '../recording/served-versions.ts';
import type { TrafficSampler } from './traffic-sampler.ts';

/** Drifted features that are shown of a version. */
const MAX_FEATURES = 20;
/** Error groups that are shown, the latest ones. */
const MAX_ERRORS = 20;

/** Sources of the numbers on the page of the gateway. */
export interface ConsoleSources {
  readonly sampler: Pick<TrafficSampler, 'read'>;
  readonly verdictOf: (label: VersionLabel) => DriftVerdict | undefined;
  readonly errorGroups: () => Promise<readonly ErrorGroup[]>;
}

/** Creates the handler of `GET /console.json`: traffic and drift of each version, and the latest errors, for the page of the gateway. */
export function consoleData({ sampler, verdictOf, errorGroups }: ConsoleSources) {
  return function console(
    _req: IncomingMessage,
    res: ServerResponse,
    next: (error: unknown) => void,
  ): void {
    Promise.all([sampler.read(), errorGroups()]).then(([{ seconds, versions }, errors]) => {
      const body = {
        seconds,
        versions: versions.map((traffic) => ({ ...traffic, drift: driftOf(verdictOf(traffic)) })),
        errors: errors.slice(0, MAX_ERRORS),
      };
      res.setHeader('content-type', 'application/json');
      res.setHeader('cache-control', 'no-store');
      res.end(JSON.stringify(body));
    }, next);
  };
}

function driftOf(verdict: DriftVerdict | undefined) {
  if (verdict === undefined) return null;
  const { status, to, drifted } = verdict;
  return {
    status,
    to,
    count: drifted.length,
    features: drifted
      .slice(0, MAX_FEATURES)
      .map(({ name, explanation }) => ({ name, explanation })),
  };
}

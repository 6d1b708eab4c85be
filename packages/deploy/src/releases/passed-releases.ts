import type { ObjectStore } from '@fairlead/registry';
import * as z from 'zod';

import { DeployError } from '../deploy-error.ts';
import { stampOf } from './stamp.ts';

/** Largest record that is read, in bytes. */
const MAX_RECORD_BYTES = 64 * 1024;
const NAME = /^(.*Z)-([0-9a-f]{64})-(passed|failed)\.json$/;

const recordSchema = z.object({
  format: z.literal('fairlead-release-result/1'),
  at: z.iso.datetime(),
  actor: z.string(),
  environment: z.string(),
  release: z.string().regex(/^[0-9a-f]{64}$/),
  outcome: z.enum(['passed', 'failed']),
  hosts: z.array(z.string()),
});

/** Result of a release in an environment. */
export interface ReleaseResult {
  /** Time in ISO 8601, UTC. */
  readonly at: string;
  /** Person or program that deployed or checked it. */
  readonly actor: string;
  readonly environment: string;
  /** Digest of the release. */
  readonly release: string;
  /** `passed` if every host runs it and it was answered as its checks expect; `failed` otherwise. */
  readonly outcome: 'passed' | 'failed';
  /** Hosts that ran it. */
  readonly hosts: readonly string[];
}

/** Results of releases in environments. The last result of a release counts. */
export interface PassedReleases {
  /** Records a result. */
  add(result: Omit<ReleaseResult, 'at'>): Promise<void>;
  /** Returns the release that passed last in an environment, and didn't fail since; `undefined` if there is none. */
  last(environment: string): Promise<string | undefined>;
  /**
   * Requires that a release has passed an environment.
   *
   * @throws DeployError `ERR_DEPLOY_NOT_PROMOTED`
   */
  require(release: string, environment: string): Promise<ReleaseResult>;
}

/** Returns the results in a store: one object for each, which is created once and never changed. */
export function passedReleasesIn(store: ObjectStore, now: () => Date): PassedReleases {
  const list = async (environment: string): Promise<readonly RegExpExecArray[]> => {
    const entries = await store.list(`results/${environment}`);
    return entries.map(({ name }) => NAME.exec(name)).filter((match) => match !== null);
  };
  const missing = (release: string, environment: string, problem: string): DeployError =>
    new DeployError(
      'ERR_DEPLOY_NOT_PROMOTED',
      `The release ${release.slice(0, 12)} ${problem}, as ${store.location} records. Deploy it there and check it: fairlead deploy ${environment}, then fairlead check ${environment}.`,
    );
  return {
    async add({ actor, environment, release, outcome, hosts }) {
      const at = now();
      const record = { actor, environment, release, outcome, hosts };
      const text = JSON.stringify({
        ...{ format: 'fairlead-release-result/1', at: at.toISOString() },
        ...record,
      });
      const key = `results/${environment}/${stampOf(at)}-${release}-${outcome}.json`;
      await store.create(key, Buffer.from(`${text}\n`));
    },
    async last(environment) {
      const outcomes = new Map<string, string>();
      for (const [, , release = '', outcome = ''] of await list(environment)) {
        // Inserted again, so that the last result is the last of the map.
        outcomes.delete(release);
        outcomes.set(release, outcome);
      }
      return [...outcomes].findLast(([, outcome]) => outcome === 'passed')?.[0];
    },
    async require(release, environment) {
      const found = (await list(environment)).findLast((match) => match[2] === release);
      if (found === undefined) throw missing(release, environment, `has not passed ${environment}`);
      const [name, , , outcome] = found;
      if (outcome === 'failed') throw missing(release, environment, `has failed in ${environment}`);
      const content = await store.read(`results/${environment}/${name}`, {
        maxBytes: MAX_RECORD_BYTES,
      });
      const record = content === undefined ? undefined : parse(content);
      const isIntact = record?.release === release && record.environment === environment;
      if (record !== undefined && isIntact && record.outcome === 'passed') return record;
      throw missing(release, environment, `has a damaged record of ${environment} (${name})`);
    },
  };
}

function parse(content: Uint8Array): ReleaseResult | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(Buffer.from(content).toString())).data;
  } catch {
    return undefined;
  }
}

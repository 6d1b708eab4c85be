import * as z from 'zod';

import { absolutePathProblem } from '../values/absolute-path.ts';

const text = z.string().min(1).max(4096);
const timeMs = z.int().positive().max(3_600_000);
const matching = (pattern: RegExp) => text.regex(pattern);

const hostPath = text.refine((path) => absolutePathProblem(path) === undefined);

/** Address of a host: an account and a name for ssh, an instance of Systems Manager, or this machine. */
const hostUrl = matching(
  /^(?:ssh:\/\/(?:[A-Za-z0-9_][\w.-]*@)?(?:\[[\da-fA-F:]+\]|[A-Za-z0-9_][\w.-]*)(?::\d{1,5})?\/?|ssm:\/\/m?i-[0-9a-f]{8,17}|local)$/,
);

const host = z.union([
  hostUrl.transform((url) => ({ url })),
  z.strictObject({ url: hostUrl, target: matching(/^[\w.:-]{1,128}$/).optional() }),
]);

const region = matching(/^[a-z]{2}[a-z0-9-]{3,30}$/);

/** Names of groups have no control characters, colons and slashes. */
const autoScalingGroup = z.strictObject({
  autoScalingGroup: matching(/^[^\p{Cc}:/]{1,255}$/u),
  region: region.optional(),
  startTimeoutMs: timeMs.min(1_000).optional(),
});

const release = z.strictObject({
  entry: matching(/\.[cm]?[jt]s$/),
  platform: z.enum(['linux-x64', 'linux-arm64']).optional(),
  out: text.optional(),
  nodeVersion: matching(/^\d+\.\d+\.\d+$/).optional(),
  external: z.array(text).optional(),
  conditions: z.array(text).optional(),
  python: z
    .strictObject({
      requirements: text,
      source: text,
      version: matching(/^3\.\d{1,2}$/).optional(),
      interpreter: text.optional(),
    })
    .optional(),
  checks: z
    .array(
      z.strictObject({
        path: matching(/^\/[!-~]*$/),
        body: z.unknown().optional(),
        expected: z.unknown().optional(),
      }),
    )
    .optional(),
  checkKeyFile: hostPath.optional(),
  readyTimeoutMs: timeMs.min(1_000).optional(),
  signingKeyFile: text.optional(),
});

const balancer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('target-group'),
    arn: matching(
      /^arn:[\w-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/[\w-]{1,32}\/[0-9a-f]{16}$/,
    ),
    region: region.optional(),
  }),
  z.strictObject({ kind: z.literal('haproxy'), socket: text, backend: matching(/^[\w.:-]+$/) }),
]);

const s3Location = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w.-]+)*\/?$/;

/** Returns whether the text is an address of HTTP without path, query and password. */
function isOrigin(address: string): boolean {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) return false;
  const { origin, href } = new URL(address);
  return href === `${origin}/`;
}

const environment = z.strictObject({
  hosts: z.union([z.array(host).nonempty(), autoScalingGroup]),
  deployment: z.custom((value) => typeof value === 'object' && value !== null).optional(),
  release,
  ssh: z
    .strictObject({
      knownHostsFile: text.optional(),
      identityFile: text.optional(),
      configFile: text.optional(),
      connectTimeoutMs: timeMs.optional(),
    })
    .optional(),
  ssm: z
    .strictObject({
      bucket: matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
      prefix: matching(/^[\w./-]{1,512}$/).optional(),
      region: region.optional(),
    })
    .optional(),
  balancer: balancer.optional(),
  trustedKeysFile: text.optional(),
  batch: z.union([z.int().positive(), matching(/^(?:[1-9]\d?|100)%$/)]).optional(),
  files: z.record(hostPath, text).optional(),
  registry: z.strictObject({ folder: text, path: hostPath.optional() }).optional(),
  protected: z.boolean().optional(),
  promoteFrom: text.optional(),
  releaseStore: text
    .refine((location) => !location.includes('://') || s3Location.test(location))
    .optional(),
  url: text.refine(isOrigin).optional(),
  stack: z
    .strictObject({
      name: matching(/^[A-Za-z][A-Za-z0-9-]{0,127}$/),
      template: text.optional(),
      region: region.optional(),
      releaseParameter: matching(/^(?:\/[\w.-]{1,128}){1,15}$/).optional(),
      command: z.tuple([text], text).optional(),
    })
    .optional(),
});

/** Schema of the environments of a configuration file. */
export const environmentsSchema = z
  .record(matching(/^[a-z][a-z0-9-]{0,30}$/), environment)
  .refine((environments) => Object.keys(environments).length > 0);

/** An environment that matches the schema. */
export type ParsedEnvironment = z.output<typeof environment>;

import { isIP } from 'node:net';

import * as z from 'zod';

import { httpsSchema } from './certificate/https-schema.ts';
import { secretsSchema } from './secrets/secret-schema.ts';
import { backupSchema } from './state/backup-schema.ts';
import { absolutePathProblem, isAbsolutePath } from './values/absolute-path.ts';
import { parseAddress } from './values/address.ts';
import { isHostName } from './values/host-name.ts';
import { parseVersion } from './values/version.ts';

const count = z.int().positive();
const durationMs = z.int().positive().max(86_400_000);
const bytes = z.int().positive();

const path = z.string().transform((text, context) => {
  if (isAbsolutePath(text)) return text;
  context.addIssue(`"${text}" ${absolutePathProblem(text) ?? ''}`);
  return z.NEVER;
});

const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text);
  if (parsed) return parsed;
  context.addIssue(
    `"${text}" is not an address: write "unix:/run/a.sock", "127.0.0.1:8080" or "[::1]:8080"`,
  );
  return z.NEVER;
});

const hostName = z.string().transform((text, context) => {
  if (isHostName(text)) return text;
  context.addIssue(`"${text}" is not a host name: lower case letters, digits, hyphens and dots`);
  return z.NEVER;
});

const timeServer = z.string().refine((text) => isIP(text) !== 0 || isHostName(text), {
  error: ({ input }) => `${JSON.stringify(input)} is not a host name or an IP address`,
});

/** Source: PutRetentionPolicy of CloudWatch Logs. */
const retentionDays = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096],
  ...[1827, 2192, 2557, 2922, 3288, 3653],
];

const version = z.string().transform((text, context) => {
  const parsed = parseVersion(text);
  if (parsed) return parsed;
  context.addIssue(`"${text}" is not a version: write it like "1.22.1"`);
  return z.NEVER;
});

const matching = (pattern: RegExp, wanted: string) =>
  z.string().refine((text) => pattern.test(text), {
    error: ({ input }) => `${JSON.stringify(input)} is not ${wanted}`,
  });

const account = matching(
  /^[a-z_][a-z0-9_-]{0,31}$/,
  'an account name: lower case letters, digits, "-" and "_"',
);

const network = z.string().refine(
  (text) => {
    const [host = '', length = '', ...rest] = text.split('/');
    const longest = { 0: -1, 4: 32, 6: 128 }[isIP(host)] ?? -1;
    return rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= longest;
  },
  {
    error: ({ input }) => `${JSON.stringify(input)} is not a network: write it like "10.0.0.0/16"`,
  },
);

// NUL and lone surrogates can't be in the environment of a process.
const environment = z.record(
  matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable'),
  matching(/^[^\0\p{Surrogate}]*$/u, 'text without NUL'),
);

const service = z.strictObject({
  user: account,
  group: account.optional(),
  workingFolder: path.optional(),
  secretsFile: path.optional(),
  writableFolders: z.array(path).optional(),
});

const listen = z.discriminatedUnion('scheme', [
  z.strictObject({
    scheme: z.literal('http'),
    address,
    names: z.array(hostName).optional(),
  }),
  httpsSchema(path, hostName, matching),
]);

const upstreamName = matching(/^[a-z][a-z0-9-]{0,62}$/, 'an upstream name such as "gateway"');

const pathOfRequest = matching(
  /^\/(?!\.fairlead(?:\/|$))[A-Za-z0-9._~/-]*$/,
  'a path such as "/" or "/flask/" (letters, digits and "._~/-"; "/.fairlead" is reserved)',
);

const route = z.strictObject({
  path: pathOfRequest,
  match: z.enum(['prefix', 'exact']).optional(),
  upstream: upstreamName,
  bufferRequests: z.boolean().optional(),
});

const nginx = z.strictObject({
  listen,
  user: account.optional(),
  workers: count.optional(),
  workerConnections: count.optional(),
  maxBodyBytes: bytes.optional(),
  perAddress: z
    .union([
      z.literal(false),
      z.strictObject({
        requestsPerSecond: count.optional(),
        burst: z.int().nonnegative().optional(),
        connections: count.max(65_535).optional(),
      }),
    ])
    .optional(),
  trustedProxies: z.array(network).optional(),
  healthPaths: z.array(pathOfRequest).optional(),
  publicScheme: z.enum(['http', 'https']).optional(),
  routes: z.array(route).nonempty().optional(),
  upstreams: z
    .record(
      upstreamName,
      z.strictObject({
        servers: z.array(address).nonempty(),
        keepAliveConnections: z.int().nonnegative().optional(),
      }),
    )
    .optional(),
  gatewayAddress: address.optional(),
  accessLog: z.boolean().optional(),
  requestErrorLog: z.boolean().optional(),
});

const gateway = z.strictObject({
  listen: address.optional(),
  flaskAddress: address.optional(),
  maxBodyBytes: bytes.optional(),
  processes: z.int().min(1).max(256).optional(),
  computeMs: z.number().positive().optional(),
  memoryBytes: bytes.optional(),
  command: z.array(z.string()).nonempty().optional(),
  service: service.optional(),
  environment: environment.optional(),
});

const flask = z.strictObject({
  app: matching(
    /^[A-Za-z_][\w.]*(?::[A-Za-z_]\w*(?:\([^\p{Cc}\p{Surrogate}]*\))?)?$/u,
    'an application such as "flask_model.app:create_app()"',
  ),
  folder: path,
  gunicorn: path,
  listen: address.optional(),
  workers: count.optional(),
  threads: count.optional(),
  modelThreads: count.optional(),
  workerMemoryBytes: bytes.optional(),
  maxRequests: z
    .int()
    .nonnegative()
    .refine((requests) => requests === 0 || requests >= 10_000, {
      error: 'must be 0 (never) or at least 10000: replacing a worker may lose requests',
    })
    .optional(),
  maxBodyBytes: bytes.optional(),
  dangerouslyPreloadApp: z.boolean().optional(),
  service: service.optional(),
  environment: environment.optional(),
});

/** Schema of each setting; the rules between settings are checked later. */
export const deploymentSchema = z.strictObject({
  name: matching(/^[a-z][a-z0-9-]{0,30}$/, 'a name: lower case letters, digits and "-"').optional(),
  target: z.strictObject({
    nginx: version,
    openssl: version.optional(),
    gunicorn: version.optional(),
    systemd: version.optional(),
  }),
  host: z.strictObject({
    cores: count,
    memoryBytes: bytes,
    openFiles: z.int().min(256).optional(),
    journalMaxBytes: z.int().min(16_777_216).optional(),
    timeServers: z.array(timeServer).optional(),
    automaticUpdates: z.boolean().optional(),
  }),
  layout: z.strictObject({
    // Version 0.1 called `foreground` `starter`.
    supervisor: z.preprocess(
      (supervisor) => (supervisor === 'starter' ? 'foreground' : supervisor),
      z.enum(['systemd', 'foreground']),
    ),
    nginxConfigFile: path,
    nginxPidFile: path,
    nginxTempFolder: path,
    nginxErrorLog: path,
    nginxAccessLog: path,
    gunicornConfigFile: path,
    socketFolder: path,
    unitFolder: path,
    sharedMemoryFolder: path,
  }),
  timeouts: z
    .strictObject({
      requestMs: durationMs.optional(),
      marginMs: durationMs.optional(),
      nginxConnectMs: durationMs.optional(),
      nginxReadMs: durationMs.optional(),
      nginxClientMs: durationMs.optional(),
      gatewayHeadersMs: durationMs.optional(),
      gatewayReceiveMs: durationMs.optional(),
      gatewayShutdownMs: durationMs.optional(),
      gunicornMs: durationMs.optional(),
      gunicornGracefulMs: durationMs.optional(),
      stopMs: durationMs.optional(),
      deregistrationMs: durationMs.optional(),
    })
    .optional(),
  keepAlive: z
    .strictObject({
      clientMs: durationMs.optional(),
      nginxMs: durationMs.optional(),
      upstreamMs: durationMs.optional(),
      gatewayMs: durationMs.optional(),
      connections: count.optional(),
    })
    .optional(),
  maxBodyBytes: bytes.optional(),
  nginx,
  gateway,
  flask: flask.optional(),
  backup: backupSchema(path, matching).optional(),
  secrets: secretsSchema(path, matching).optional(),
  cloudWatch: z
    .strictObject({
      namespace: matching(
        /^(?!AWS\/)[\w.\-/#: ]{1,255}$/,
        'a namespace of metrics such as "Fairlead/Host"',
      ).optional(),
      logGroup: matching(
        /^[\w.\-/#]{1,480}$/,
        'the name of a log group such as "/fairlead"',
      ).optional(),
      retentionDays: z
        .int()
        .refine((days) => retentionDays.includes(days), {
          error: ({ input }) =>
            `${String(input)} is none of the days that CloudWatch Logs offers: ${retentionDays.join(', ')}`,
        })
        .optional(),
    })
    .optional(),
  grpc: z
    .strictObject({ address: address.optional(), gatewayListen: address.optional() })
    .optional(),
});

/** Deployment that matches the schema, before defaults and rules. */
export type ParsedDeployment = z.output<typeof deploymentSchema>;

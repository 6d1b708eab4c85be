import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  awsTestConnection,
  newBucket,
  runScriptHere,
  s3Client,
  startMoto,
  startSystemsManager,
  type RunScript,
} from '@fairlead/test-support';
import { installCommand } from './bin.ts';

/** Instances of the environments, by the names of simulated hosts. */
export const INSTANCES = {
  s1: 'i-0123456789abcdef0',
  p1: 'i-0123456789abcdef1',
  p2: 'i-0123456789abcdef2',
} as const;

/** Name of a host of a pipeline: one of staging, or one of two of production. */
export type CiHost = keyof typeof INSTANCES;

/** The hosts of a pipeline. */
export const HOSTS = Object.keys(INSTANCES) as readonly CiHost[];

/** AWS, an issuer of OIDC tokens and the service of a pipeline. */
export interface CiPlace {
  /** Bucket of commands and releases. */
  readonly bucket: string;
  /** Address of the load balancer. */
  readonly url: string;
  /** Answer of the service. */
  answer: string;
  /** Keys that requests to the service had. */
  readonly keys: (string | undefined)[];
  /** Audiences of the tokens that were requested. */
  readonly audiences: (string | null)[];
  /** Variables of a runner: the addresses of AWS and of the tokens, and no credentials. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts everything that a pipeline talks to; `runOn` returns what runs scripts of Systems Manager on a host. */
export async function startCiPlace(runOn: (host: CiHost) => RunScript): Promise<CiPlace> {
  const moto = await startMoto();
  const bucket = await newBucket(s3Client(moto.endpoint));
  const manager = await startSystemsManager(
    Object.fromEntries(HOSTS.map((host) => [INSTANCES[host], runOn(host)])),
  );
  const audiences: (string | null)[] = [];
  const tokens = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://tokens');
    audiences.push(searchParams.get('audience'));
    const isAllowed = request.headers.authorization === 'bearer request-token';
    response.writeHead(isAllowed ? 200 : 401).end(JSON.stringify({ value: 'header.payload.sig' }));
  });
  const service = createServer((request, response) => {
    place.keys.push(request.headers.authorization);
    void text(request).then(() => response.end(place.answer));
  });
  for (const server of [tokens, service]) await once(server.listen(0, '127.0.0.1'), 'listening');
  const addressOf = (server: typeof tokens): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const place: CiPlace = {
    ...{ bucket, url: addressOf(service), answer: '{"outputs":[1]}', keys: [], audiences },
    env: {
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_ENDPOINT_URL_SSM: manager.endpoint,
      AWS_REGION: awsTestConnection.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${addressOf(tokens)}/token?api-version=2.0`,
    },
    async close() {
      for (const server of [tokens, service]) {
        server.closeAllConnections();
        server.close();
      }
      await manager.close();
      await moto.stop();
    },
  };
  return place;
}

/** Runs the command of a script of Systems Manager by the program of simulated hosts. */
export function runOnSimulatedHost(ssh: string, host: string): RunScript {
  return (script, timeoutMs) => {
    const [, before = '', command = '', input = '', rest = ''] =
      /^([^]*?\n)('[^]*?) <("\$work\/in"|\/dev\/null) (>"\$work\/out" [^]*)$/.exec(script) ?? [];
    const word = `'${command.replaceAll("'", String.raw`'\''`)}'`;
    return runScriptHere(`${before}'${ssh}' -- root@${host} ${word} <${input} ${rest}`, timeoutMs);
  };
}

/** Writes `npm` and `npx` for a project in the workspace, whose packages are there: `npm ci` installs nothing. */
export function installTools(folder: string, project: string): string {
  const tools = installCommand(folder);
  const bin = join(project, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'fairlead'), `#!/bin/sh\nexec '${join(tools, 'fairlead')}' "$@"\n`);
  chmodSync(join(bin, 'fairlead'), 0o755);
  const npm = `#!/bin/sh
[ "$1" != ci ] || { [ -e package.json ] && [ -e fairlead.config.ts ]; exit; }
PATH=$(printf %s "$PATH" | sed "s|^${tools}:||")
exec npm "$@"
`;
  writeFileSync(join(tools, 'npm'), npm);
  chmodSync(join(tools, 'npm'), 0o755);
  return tools;
}

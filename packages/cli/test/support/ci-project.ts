import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  HOSTS,
  INSTANCES,
  installTools,
  runOnSimulatedHost,
  startCiPlace,
  type CiHost,
  type CiPlace,
} from './ci-place.ts';
import type { RunScript } from '@fairlead/test-support';
import { runJson } from './fairlead.ts';
import type { RunnerOptions } from './github-runner.ts';
import { simulateHosts } from './simulated-hosts.ts';
import { smallNode } from './small-node.ts';

/** Service of the release, which gives every request the answer of the golden example. */
const SERVICE = `import http from 'node:http';
const server = http.createServer((request, response) => {
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end('{"outputs":[1]}');
});
server.listen({ fd: 3 });
process.on('SIGTERM', () => server.close());
`;

/** Creates a project with pipelines in the workspace, where its packages resolve. */
export async function createCiProject(service: 'github' | 'gitlab'): Promise<string> {
  const folder = mkdtempSync(join(import.meta.dirname, '.ci-'));
  await runJson({ folder }, 'init', '.', '--ci', service);
  return folder;
}

/** The hosts of pipelines: simulated ones, or those of a fleet. */
export interface CiHosts {
  /** Returns what runs scripts of Systems Manager on a host. */
  runOn(host: CiHost): RunScript;
  /** Resolves to the release that runs on a host; `undefined` if there is none. */
  current(host: CiHost): Promise<string | undefined>;
  /** Changes the configuration of a new project to these hosts. */
  configure(text: string, place: CiPlace): Promise<string>;
  /** Returns variables of the steps of a pipeline. */
  variables(place: CiPlace): Promise<Readonly<Record<string, string>>>;
  /** Returns the words that run the steps of a pipeline where its hosts are reached. */
  enter(argv: readonly string[]): readonly string[];
}

/** Everything that a pipeline works with. */
export interface CiStage {
  readonly place: CiPlace;
  /** Resolves to the releases that run on the hosts, in the order of {@link HOSTS}. */
  releases(): Promise<readonly (string | undefined)[]>;
  /** Creates a project whose hosts, bucket and addresses are those of the test. */
  project(service: 'github' | 'gitlab'): Promise<string>;
  /** Variables of the steps of a project. */
  variables(folder: string): Readonly<Record<string, string>>;
  /** Variables of an environment. */
  environment(name: string | undefined): Readonly<Record<string, string>>;
  /** Returns a runner of GitHub; `vars` replaces variables of its environments. */
  runner(folder: string, vars?: Readonly<Record<string, string>>): RunnerOptions;
  /** As {@link CiHosts.enter}. */
  enter(argv: readonly string[]): readonly string[];
  close(): Promise<void>;
}

/** Returns hosts of pipelines that are folders below `folder`, which run no service: the test answers in its place. */
function simulateCiHosts(folder: string): CiHosts {
  const hosts = simulateHosts(folder);
  return {
    runOn: (host) => runOnSimulatedHost(join(folder, 'bin/ssh'), host),
    current: (host) => Promise.resolve(hosts.current(host)),
    configure: (text, place) =>
      Promise.resolve(
        text
          .replaceAll(/https:\/\/(?:staging\.)?models\.example\.com/g, place.url)
          .replace(/\n {4}balancer: \{[^]*?\n {4}\},/, ''),
      ),
    variables: (place) =>
      Promise.resolve({ ...place.env, XDG_CACHE_HOME: smallNode(join(folder, 'cache')) }),
    enter: (argv) => argv,
  };
}

/** Starts AWS, an issuer of tokens and a service, with hosts that are simulated by default. */
export async function startCiStage(given?: CiHosts): Promise<CiStage> {
  const base = mkdtempSync(join(import.meta.dirname, '.ci-place-'));
  const projects: string[] = [];
  const hosts = given ?? simulateCiHosts(join(base, 'hosts'));
  const place = await startCiPlace((host) => hosts.runOn(host));
  const common = await hosts.variables(place);
  const variables = (folder: string): Readonly<Record<string, string>> => {
    const tools = installTools(mkdtempSync(join(base, 'tools-')), folder);
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    return {
      ...{ HOME: base, NODE_COMPILE_CACHE, ...common },
      PATH: `${tools}:${PATH}`,
      npm_config_update_notifier: 'false',
    };
  };
  const environment = (name = 'none'): Readonly<Record<string, string>> => ({
    AWS_REGION: 'us-east-1',
    AWS_ROLE_ARN: `arn:aws:iam::123456789012:role/${name}`,
    FAIRLEAD_REGISTRY: `s3://${place.bucket}/registry`,
  });
  return {
    ...{ place, variables, environment },
    releases: () => Promise.all(HOSTS.map((host) => hosts.current(host))),
    enter: (argv) => hosts.enter(argv),
    async project(service) {
      const folder = await createCiProject(service);
      projects.push(folder);
      const path = join(folder, 'fairlead.config.ts');
      const text = readFileSync(path, 'utf8')
        .replaceAll('acme-deploy', place.bucket)
        .replace(/expected: \{ outputs: .*/, 'expected: { outputs: [1] },')
        // The jobs of the pipelines don't synthesize its template.
        .replace("promoteFrom: 'staging',", "stack: { name: 'Shop' },\n    promoteFrom: 'staging',")
        .replace(
          /platform: 'linux-x64',.*/,
          "platform: 'linux-x64', conditions: ['@fairlead/source'],",
        );
      const lacking = Object.values(INSTANCES).filter((id) => !text.includes(id));
      if (lacking.length > 0) throw new Error(`the configuration lacks ${lacking.join(', ')}`);
      writeFileSync(path, await hosts.configure(text, place));
      writeFileSync(join(folder, 'service.ts'), SERVICE);
      return folder;
    },
    runner: (folder, vars = {}) => ({
      workspace: folder,
      env: variables(folder),
      enter: (argv) => hosts.enter(argv),
      github: {
        ...{ actor: 'bob', triggering_actor: 'ada', run_id: '7', repository: 'acme/shop' },
        server_url: 'https://github.example',
      },
      valuesOf: (name) => ({
        vars: { ...environment(name), ...vars },
        secrets: { FAIRLEAD_API_KEY: `fl_${name ?? 'none'}` },
      }),
    }),
    async close() {
      await place.close();
      for (const folder of [base, ...projects]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTANCES, installTools, startCiPlace, type CiPlace } from './ci-place.ts';
import { runJson } from './fairlead.ts';
import type { RunnerOptions } from './github-runner.ts';
import { simulateHosts, type SimulatedHosts } from './simulated-hosts.ts';
import { smallNode } from './small-node.ts';

/** Service of the release: the answers of the load balancer are those of the test. */
const SERVICE = `import http from 'node:http';
http.createServer((request, response) => response.end('{}')).listen({ fd: 3 });
`;

/** Creates a project with pipelines in the workspace, where its packages resolve. */
export async function createCiProject(service: 'github' | 'gitlab'): Promise<string> {
  const folder = mkdtempSync(join(import.meta.dirname, '.ci-'));
  await runJson({ folder }, 'init', '.', '--ci', service);
  return folder;
}

/** Everything that a pipeline works with. */
export interface CiStage {
  readonly place: CiPlace;
  readonly hosts: SimulatedHosts;
  /** Creates a project whose hosts, bucket and addresses are those of the test. */
  project(service: 'github' | 'gitlab'): Promise<string>;
  /** Variables of the steps of a project. */
  variables(folder: string): Readonly<Record<string, string>>;
  /** Variables of an environment. */
  environment(name: string | undefined): Readonly<Record<string, string>>;
  /** Returns a runner of GitHub; `vars` replaces variables of its environments. */
  runner(folder: string, vars?: Readonly<Record<string, string>>): RunnerOptions;
  close(): Promise<void>;
}

/** Starts AWS, simulated hosts, an issuer of tokens and a service. */
export async function startCiStage(): Promise<CiStage> {
  const base = mkdtempSync(join(import.meta.dirname, '.ci-place-'));
  const projects: string[] = [];
  const hosts = simulateHosts(join(base, 'hosts'));
  const cache = smallNode(join(base, 'cache'));
  const place = await startCiPlace(join(base, 'hosts/bin/ssh'));
  const variables = (folder: string): Readonly<Record<string, string>> => {
    const tools = installTools(mkdtempSync(join(base, 'tools-')), folder);
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    return {
      ...{ ...place.env, HOME: base, NODE_COMPILE_CACHE },
      PATH: `${tools}:${PATH}`,
      npm_config_update_notifier: 'false',
      XDG_CACHE_HOME: cache,
    };
  };
  const environment = (name = 'none'): Readonly<Record<string, string>> => ({
    AWS_REGION: 'us-east-1',
    AWS_ROLE_ARN: `arn:aws:iam::123456789012:role/${name}`,
    FAIRLEAD_REGISTRY: `s3://${place.bucket}/registry`,
  });
  return {
    ...{ place, hosts, variables, environment },
    async project(service) {
      const folder = await createCiProject(service);
      projects.push(folder);
      const path = join(folder, 'fairlead.config.ts');
      const text = readFileSync(path, 'utf8')
        .replaceAll('acme-deploy', place.bucket)
        .replaceAll(/https:\/\/(?:staging\.)?models\.example\.com/g, place.url)
        .replace(/\n {4}balancer: \{[^]*?\n {4}\},/, '')
        .replace(/expected: \{ outputs: .*/, 'expected: { outputs: [1] },')
        // The jobs of the pipelines don't synthesize its template.
        .replace("promoteFrom: 'staging',", "stack: { name: 'Shop' },\n    promoteFrom: 'staging',")
        .replace(
          /platform: 'linux-x64',.*/,
          "platform: 'linux-x64', conditions: ['@fairlead/source'],",
        );
      const lacking = Object.values(INSTANCES).filter((id) => !text.includes(id));
      if (lacking.length > 0) throw new Error(`the configuration lacks ${lacking.join(', ')}`);
      writeFileSync(path, text);
      writeFileSync(join(folder, 'service.ts'), SERVICE);
      return folder;
    },
    runner: (folder, vars = {}) => ({
      workspace: folder,
      env: variables(folder),
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

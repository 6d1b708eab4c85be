import { ciConfig } from './ci/ci-config.ts';
import type { Project } from './project.ts';
import { projectReadme } from './project-readme.ts';

/** Returns the files of a new project by their names, without the train script. */
export function projectFiles(project: Project): Readonly<Record<string, string>> {
  const { service, ci, name } = project;
  const config = ci === undefined ? SERVICE_CONFIG : ciConfig(name);
  return {
    'package.json': `${JSON.stringify(manifest(project), null, 2)}\n`,
    'fairlead.config.ts': service ? config : NGINX_CONFIG,
    '.gitignore':
      'node_modules\nregistry\nstate\ntrained\nrendered\nreleases\nproduction\nkeys.json\npepper\n.aws-token\n',
    'README.md': projectReadme(project),
    ...(service && { 'service.ts': SERVICE }),
  };
}

function manifest({ name, version, service, ci }: Project) {
  return {
    name,
    private: true,
    type: 'module',
    // Node runs TypeScript from this version on.
    engines: { node: '>=22.19' },
    scripts: {
      train: 'node train.ts',
      push: 'fairlead model push house-price trained --baseline trained/train.csv --if-changed --registry registry',
      promote: 'fairlead model promote house-price --registry registry',
      serve: 'fairlead serve --registry registry',
      model:
        'fairlead registry init --registry registry && npm run train && npm run push && (npm run promote -- 1 --expect none || true)',
      demo: 'npm run model && npm run serve',
      render: 'fairlead render fairlead.config.ts --out rendered',
      ...(service && { start: 'exec node service.ts', deploy: 'fairlead deploy' }),
    },
    dependencies: {
      '@fairlead/cli': `^${version}`,
      '@fairlead/deploy-config': `^${version}`,
      ...(service && { '@fairlead/gateway': `^${version}` }),
      'onnxruntime-node': '>=1.20.0',
      ...(ci !== undefined && AWS_PACKAGES),
    },
  };
}

/** Packages that deployments by Systems Manager, plans of a stack, a registry in S3 and the retraining need. */
const AWS_PACKAGES = {
  '@aws-sdk/client-auto-scaling': '^3.700.0',
  '@aws-sdk/client-cloudformation': '^3.700.0',
  '@aws-sdk/client-elastic-load-balancing-v2': '^3.700.0',
  '@aws-sdk/client-s3': '^3.700.0',
  '@aws-sdk/client-ssm': '^3.700.0',
  '@aws-sdk/s3-request-presigner': '^3.700.0',
  '@duckdb/node-api': '1.5.6-r.1',
};

const SERVICE_CONFIG = `import { defineDeployment, defineEnvironments } from '@fairlead/deploy-config';

/** The configuration files of a host with Debian: Nginx in front of service.ts. \`npm run render\` writes them, to read them. */
export const deployment = defineDeployment({
  target: { nginx: '1.22.1' }, // nginx -v; Debian 12
  host: { cores: 2, memoryBytes: 4e9 },
  layout: 'host',
  nginx: {
    listen: {
      scheme: 'https',
      names: ['models.example.com'], // host names of the service
      certificateFile: '/etc/fairlead/tls/fullchain.pem',
      certificateKeyFile: '/etc/fairlead/tls/privkey.pem',
    },
  },
  gateway: {
    command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
    service: { user: 'fairlead', secretsFile: '/etc/fairlead/gateway.env' }, // FAIRLEAD_PEPPER=…
    environment: {
      FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry', // or s3://bucket/prefix
      FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
      FAIRLEAD_STATE_FOLDER: '/var/lib/fairlead/records', // counts of requests wait there, for drift reports
    },
  },
});

/** Hosts of \`fairlead deploy\`, and what \`fairlead hosts sync\` copies to them. */
export const environments = defineEnvironments({
  production: {
    hosts: ['ssh://admin@203.0.113.10'], // log in once with ssh, so that the key of the host is known
    release: {
      entry: 'service.ts',
      platform: 'linux-x64', // linux-arm64 for Graviton
      checks: [
        {
          path: '/v2/models/house-price/infer',
          body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [80, 3] }] },
        },
      ],
      checkKeyFile: '/etc/fairlead/check.key',
    },
    files: {
      '/etc/fairlead/gateway.env': 'production/gateway.env',
      '/etc/fairlead/keys.json': 'production/keys.json',
      '/etc/fairlead/check.key': 'production/key',
      '/etc/fairlead/tls/fullchain.pem': 'production/fullchain.pem',
      '/etc/fairlead/tls/privkey.pem': 'production/privkey.pem',
    },
    registry: { folder: 'registry' },
  },
});
`;

const NGINX_CONFIG = `import { defineDeployment, hostLayout } from '@fairlead/deploy-config';

/** Nginx in front of a server on port 8080, such as \`fairlead serve\`. \`npm run render\` writes its configuration file. */
export const deployment = defineDeployment({
  target: { nginx: '1.22.1' }, // nginx -v
  host: { cores: 2, memoryBytes: 4e9 },
  layout: { ...hostLayout(), supervisor: 'foreground' },
  nginx: { listen: { scheme: 'http', address: '127.0.0.1:8088' } },
  gateway: { listen: '127.0.0.1:8080' },
});
`;

const SERVICE = `import { readSettings, runGateway } from '@fairlead/gateway';

// Settings are environment variables: FAIRLEAD_LISTEN, FAIRLEAD_KEYS_FILE and FAIRLEAD_PEPPER, …
await runGateway(() => readSettings({ FAIRLEAD_REGISTRY: 'registry', ...process.env }), process);
`;

import type { Project } from './project.ts';
import { projectReadme } from './project-readme.ts';

/** Returns the files of a new project by their names, without the train script. */
export function projectFiles(project: Project): Readonly<Record<string, string>> {
  const { name, service } = project;
  return {
    'package.json': `${JSON.stringify(manifest(project), null, 2)}\n`,
    'fairlead.config.ts': service ? serviceConfig(name) : NGINX_CONFIG,
    '.gitignore': 'node_modules\nregistry\ntrained\nrendered\nkeys.json\npepper\n',
    'README.md': projectReadme(project),
    ...(service && { 'service.ts': SERVICE }),
  };
}

function manifest({ name, version, service }: Project) {
  return {
    name,
    private: true,
    type: 'module',
    // Node runs TypeScript from this version on.
    engines: { node: '>=22.19' },
    scripts: {
      train: 'node train.ts',
      push: 'fairlead model push house-price trained --if-changed --registry registry',
      promote: 'fairlead model promote house-price --registry registry',
      serve: 'fairlead serve --registry registry',
      demo: 'fairlead registry init --registry registry && npm run train && npm run push && (npm run promote -- 1 --expect none || true) && npm run serve',
      render: 'fairlead render fairlead.config.ts --out rendered',
      ...(service && { start: 'node service.ts' }),
    },
    dependencies: {
      '@fairlead/cli': `^${version}`,
      '@fairlead/deploy-config': `^${version}`,
      ...(service && { '@fairlead/gateway': `^${version}` }),
      'onnxruntime-node': '>=1.20.0',
    },
  };
}

const serviceConfig = (
  name: string,
): string => `import { defineDeployment } from '@fairlead/deploy-config';

/** The deployment on a host with Debian: Nginx in front of service.ts. \`npm run render\` writes its configuration files. */
export const deployment = defineDeployment({
  target: { nginx: '1.22.1' }, // nginx -v
  host: { cores: 2, memoryBytes: 4e9 },
  layout: 'host',
  nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
  gateway: {
    command: ['/usr/bin/node', '/srv/${name}/service.ts'],
    service: {
      user: 'fairlead',
      workingFolder: '/srv/${name}',
      secretsFile: '/etc/fairlead/gateway.env', // FAIRLEAD_PEPPER=…
    },
    environment: { FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json' },
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

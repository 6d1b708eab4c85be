import { defineDeployment, type ContainersInput, type DeploymentInput } from '../../src/index.ts';
import { hostInput } from './sample-deployment.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** The deployment of a host with everything that containers take from one. */
export const containerHost = {
  ...hostInput,
  gateway: {
    ...hostInput.gateway,
    service: { ...hostInput.gateway.service, writableFolders: ['/var/lib/shop'] },
    environment: {
      FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry',
      FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
      FAIRLEAD_STATE_FOLDER: '/var/lib/fairlead/records',
    },
  },
  flask: {
    ...hostInput.flask,
    workers: 2,
    environment: { FAIRLEAD_MODEL_FOLDER: '/var/lib/fairlead-flask/models' },
  },
  secrets: [
    {
      name: 'pepper',
      from: { ssmParameter: '/shop/pepper' },
      path: '/etc/fairlead/gateway.secrets',
      variable: 'FAIRLEAD_PEPPER',
    },
  ],
  grpc: {},
} as const satisfies DeploymentInput;

/** Every setting of containers. */
export const containersInput = {
  images: {
    node: `docker.io/library/node:24-bookworm-slim@${digest}`,
    nginx: `docker.io/library/nginx:1.28-bookworm@${digest}`,
    python: `docker.io/library/python:3.11-slim-bookworm@${digest}`,
    redis: `docker.io/library/redis:7-bookworm@${digest}`,
  },
  entry: 'service.ts',
  include: ['lib'],
  python: { requirements: 'requirements.lock', source: 'src' },
  files: { '/etc/fairlead/keys.json': 'production/keys.json' },
  folders: {
    '/var/lib/fairlead/registry': 'registry',
    '/var/lib/fairlead-flask/models': '/srv/models',
  },
  redis: {},
} as const satisfies ContainersInput;

/** Without Python service, TLS and Redis. */
const smallHost = {
  target: { nginx: '1.22.1' },
  host: { cores: 2, memoryBytes: 4e9 },
  layout: 'host',
  nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
  gateway: { command: ['/usr/bin/node', '/opt/shop/main.js'], service: { user: 'shop' } },
} as const satisfies DeploymentInput;

const smallContainers = {
  entry: 'service.ts',
  images: { node: `node:24@${digest}`, nginx: `nginx:1.28@${digest}` },
} as const satisfies ContainersInput;

/** Deployments with their containers, by name. */
export const containerScenes = {
  containers: { deployment: defineDeployment(containerHost), input: containersInput },
  'containers-small': { deployment: defineDeployment(smallHost), input: smallContainers },
} as const;

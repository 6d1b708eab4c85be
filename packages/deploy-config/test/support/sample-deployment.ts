import type { DeploymentInput } from '../../src/index.ts';
import { folderLayout, hostLayout } from '../../src/index.ts';

const gibibyte = 1024 ** 3;

/** A real host: TLS, systemd, paths of root. */
export const hostInput = {
  target: { nginx: '1.22.1', openssl: '3.0.17', gunicorn: '27.0.1', systemd: '252' },
  host: { cores: 4, memoryBytes: 8 * gibibyte },
  layout: hostLayout(),
  nginx: {
    listen: {
      scheme: 'https',
      names: ['models.example.com', '*.models.example.com'],
      certificateFile: '/etc/fairlead/tls/certificate.pem',
      certificateKeyFile: '/etc/fairlead/tls/key.pem',
    },
    user: 'www-data',
    trustedProxies: ['10.0.0.0/16'],
  },
  gateway: {
    command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
    service: {
      user: 'fairlead',
      secretsFile: '/etc/fairlead/gateway.secrets',
    },
    environment: { FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry' },
  },
  flask: {
    app: 'flask_model.app:create_app()',
    folder: '/opt/fairlead/current/flask',
    gunicorn: '/opt/fairlead/current/venv/bin/gunicorn',
    service: { user: 'fairlead-flask' },
  },
} as const satisfies DeploymentInput;

/** A laptop: plain HTTP, one folder, the account that runs the tests. */
export function folderInput(folder: string) {
  return {
    target: { nginx: '1.22.1' },
    host: { cores: 2, memoryBytes: 4 * gibibyte },
    layout: folderLayout(folder),
    timeouts: { requestMs: 4_000, marginMs: 1_000 },
    nginx: {
      listen: { scheme: 'http', address: '127.0.0.1:8080' },
      ...(process.getuid?.() === 0 && { user: 'www-data' }),
    },
    gateway: {},
    flask: {
      app: 'sample_app:app',
      folder,
      gunicorn: `${folder}/.venv/bin/gunicorn`,
    },
  } as const satisfies DeploymentInput;
}

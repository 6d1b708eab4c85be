import { defineDeployment, type Deployment } from '@fairlead/deploy-config';

/** Places of models on a host: state, which is not part of a release. */
export interface HostModels {
  /** Registry that the gateway serves from. @defaultValue `/var/lib/fairlead/registry` */
  readonly registry?: string;
  /** Folder of the Python originals, one for each model. @defaultValue `/var/lib/fairlead-flask/models` */
  readonly flaskModels?: string;
}

/** The sample application on a host: Nginx → gateway → ONNX, and → Flask under Gunicorn, as hardened services of systemd. */
export function hostDeployment({
  registry = '/var/lib/fairlead/registry',
  flaskModels = '/var/lib/fairlead-flask/models',
}: HostModels = {}): Deployment {
  return defineDeployment({
    target: { nginx: '1.22.1', gunicorn: '27.0.1', systemd: '252' },
    host: { cores: 2, memoryBytes: 4e9, automaticUpdates: false },
    layout: 'host',
    timeouts: { requestMs: 5_000, marginMs: 1_000 },
    nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
    gateway: {
      command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
      service: { user: 'fairlead', secretsFile: '/etc/fairlead/gateway.secrets' },
      environment: {
        FAIRLEAD_REGISTRY: registry,
        FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
        FAIRLEAD_STATE_FOLDER: '/var/lib/fairlead/records',
        FAIRLEAD_CAPTURE_LOCATION: '/var/lib/fairlead/captures',
      },
    },
    flask: {
      app: 'fairlead_flask_model.app:create_app()',
      folder: '/opt/fairlead/current/flask',
      gunicorn: '/opt/fairlead/current/venv/bin/gunicorn',
      workers: 1,
      threads: 2,
      service: { user: 'fairlead-flask' },
      environment: { FAIRLEAD_MODEL_FOLDER: flaskModels },
    },
  });
}

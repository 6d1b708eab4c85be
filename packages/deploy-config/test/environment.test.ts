import { describe, expect, expectTypeOf, it } from 'vitest';

import { defineDeployment, flaskEnvironment, gatewayEnvironment } from '../src/index.ts';
import { folderInput, hostInput } from './support/sample-deployment.ts';

const laptop = defineDeployment(folderInput('/srv/app'));

describe('gatewayEnvironment', () => {
  it('has the numbers of the rendered Nginx configuration', () => {
    expect(gatewayEnvironment(laptop)).toEqual({
      NODE_OPTIONS: '--max-semi-space-size=8',
      FAIRLEAD_LISTEN: 'unix:/srv/app/run/gateway.sock',
      FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS: '75000',
      FAIRLEAD_HEADERS_TIMEOUT_MS: '4000',
      FAIRLEAD_REQUEST_TIMEOUT_MS: '4000',
      FAIRLEAD_DEADLINE_MS: '4000',
      FAIRLEAD_MAX_BODY_BYTES: '16777216',
      FAIRLEAD_SHUTDOWN_GRACE_MS: '5000',
      FAIRLEAD_IDLE_GRACE_MS: '1500',
      FAIRLEAD_FLASK_ADDRESS: 'unix:/srv/app/run/flask.sock',
    });
    expectTypeOf(gatewayEnvironment(laptop).FAIRLEAD_LISTEN).toEqualTypeOf<string>();
  });

  it('uses the socket of systemd on a host, and keeps additional variables', () => {
    expect(gatewayEnvironment(defineDeployment(hostInput))).toMatchObject({
      FAIRLEAD_LISTEN: 'fd:3',
      FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry',
    });
  });

  it('leaves options of Node to a deployment that has some', () => {
    const input = folderInput('/srv/app');
    const environment = { NODE_OPTIONS: '--max-semi-space-size=16' };
    const deployment = defineDeployment({ ...input, gateway: { ...input.gateway, environment } });
    expect(gatewayEnvironment(deployment).NODE_OPTIONS).toBe('--max-semi-space-size=16');
  });

  it('has no address of Flask without Flask', () => {
    const { target, host, layout, nginx, gateway } = folderInput('/srv/app');
    const deployment = defineDeployment({ target, host, layout, nginx, gateway });
    expect(gatewayEnvironment(deployment)).not.toHaveProperty('FAIRLEAD_FLASK_ADDRESS');
    expect(flaskEnvironment(deployment)).toEqual({});
  });
});

describe('flaskEnvironment', () => {
  it('gives every native library the same number of threads', () => {
    const { flask, ...input } = folderInput('/srv/app');
    const deployment = defineDeployment({
      ...input,
      flask: { ...flask, workers: 1, modelThreads: 2, environment: { MODELS: '/srv/models' } },
    });
    expect(flaskEnvironment(deployment)).toEqual({
      FAIRLEAD_MAX_BODY_BYTES: '16777216',
      FAIRLEAD_DEADLINE_MS: '4000',
      FAIRLEAD_MODEL_THREADS: '2',
      OMP_NUM_THREADS: '2',
      OPENBLAS_NUM_THREADS: '2',
      MKL_NUM_THREADS: '2',
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      MODELS: '/srv/models',
    });
  });
});

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { checkNeededPackages } from '../../src/application/needed-packages.ts';
import { serviceInput } from '../support/service-release.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const { peerDependencies } = JSON.parse(read('packages/gateway/package.json')) as {
  readonly peerDependencies: Readonly<Record<string, string>>;
};
/** Every package that a gateway may lack; ONNX Runtime is no part of a bundle. */
const optional = new Set(
  Object.keys(peerDependencies).filter((name) => name !== 'onnxruntime-node'),
);

const settings: readonly (readonly [string, string])[] = [
  ['FAIRLEAD_REGISTRY', 's3://acme-models/prod'],
  ['FAIRLEAD_CAPTURE_LOCATION', 's3://acme-captures/prod'],
  ['FAIRLEAD_JOBS_QUEUE_URL', 'https://sqs.eu-central-1.amazonaws.com/111122223333/jobs'],
  ['FAIRLEAD_CLOUDWATCH_NAMESPACE', 'Shop'],
  ['FAIRLEAD_NOTICE_TOPIC', 'arn:aws:sns:eu-central-1:111122223333:shop'],
  ['FAIRLEAD_REDIS_URL', 'rediss://cache:6379'],
  ['FAIRLEAD_LIMITS_REDIS_URL', 'redis://cache:6379'],
  ['FAIRLEAD_GRPC_LISTEN', '127.0.0.1:8081'],
  ['FAIRLEAD_OTLP_URL', 'http://127.0.0.1:4318'],
];

/** Returns the message about a setting, with these packages missing; `undefined` if none of them is needed. */
function problemOf(name: string, value: string, missing: ReadonlySet<string>): string | undefined {
  const gateway = { ...serviceInput.gateway, environment: { [name]: value } };
  try {
    checkNeededPackages({ gateway: gateway as never, grpc: undefined }, missing);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('packages that a setting needs', () => {
  it.each(settings)(
    '%s is refused without them, and accepted with them or without a value',
    (name, value) => {
      expect(read('docs/settings.md')).toContain(`| \`${name}\` `);
      expect(problemOf(name, value, optional)).toMatch(
        new RegExp(
          `^${name} of the deployment needs packages that aren't installed. Run npm install \\S`,
        ),
      );
      expect(problemOf(name, value, new Set())).toBeUndefined();
      expect(problemOf(name, '', optional)).toBeUndefined();
    },
  );

  it('are all that a gateway may lack', () => {
    const needed = settings.flatMap(([name, value]) =>
      (problemOf(name, value, optional)?.split('npm install ')[1] ?? '').split(' '),
    );
    expect([...new Set(needed)].toSorted()).toEqual([...optional].toSorted());
  });

  it('are needed by the port of gRPC of a deployment, and by no local folder', () => {
    const gateway = { environment: { FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry' } } as never;
    expect(() => {
      checkNeededPackages({ gateway, grpc: undefined }, optional);
    }).not.toThrow();
    expect(() => {
      checkNeededPackages({ gateway, grpc: { address: '127.0.0.1:8081' } as never }, optional);
    }).toThrow('Run npm install @grpc/grpc-js @grpc/proto-loader');
  });
});

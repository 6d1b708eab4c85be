import type { Deployment } from '@fairlead/deploy-config';

import { DeployError } from '../deploy-error.ts';

/** Optional packages of the gateway, by what needs them: a setting with its value, as `NAME=value`. */
const NEEDS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/=s3:\/\//, ['@aws-sdk/client-s3']],
  [/^FAIRLEAD_JOBS_QUEUE_URL=/, ['@aws-sdk/client-sqs', '@aws-sdk/client-s3']],
  [/^FAIRLEAD_CLOUDWATCH_NAMESPACE=/, ['@aws-sdk/client-cloudwatch']],
  [/^FAIRLEAD_NOTICE_TOPIC=/, ['@aws-sdk/client-sns']],
  [/=rediss?:\/\//, ['redis']],
  [/^FAIRLEAD_GRPC_LISTEN=/, ['@grpc/grpc-js', '@grpc/proto-loader']],
  [
    /^FAIRLEAD_OTLP_URL=/,
    [
      ...['@opentelemetry/api', '@opentelemetry/core', '@opentelemetry/exporter-trace-otlp-http'],
      ...['@opentelemetry/resources', '@opentelemetry/sdk-trace'],
    ],
  ],
];

/**
 * Rejects a bundle without a package that its deployment needs: the service would end on each host.
 *
 * @param missing packages that the application can import, and that aren't in the bundle
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` with the settings
 */
export function checkNeededPackages(
  { gateway, grpc }: Pick<Deployment, 'gateway' | 'grpc'>,
  missing: ReadonlySet<string>,
): void {
  const settings = {
    ...gateway.environment,
    ...(grpc && { FAIRLEAD_GRPC_LISTEN: 'grpc' }),
  };
  const problems = Object.entries(settings).flatMap(([name, value]) => {
    const packages = NEEDS.flatMap(([setting, needed]) =>
      setting.test(`${name}=${value}`) && value !== '' ? needed : [],
    ).filter((each) => missing.has(each));
    return packages.length === 0 ? [] : [{ name, packages }];
  });
  if (problems.length === 0) return;
  const packages = [...new Set(problems.flatMap((each) => each.packages))];
  const names = problems.map(({ name }) => name).join(', ');
  throw new DeployError(
    'ERR_DEPLOY_BUILD_FAILED',
    `${names} of the deployment needs packages that aren't installed. Run npm install ${packages.join(' ')}`,
  );
}

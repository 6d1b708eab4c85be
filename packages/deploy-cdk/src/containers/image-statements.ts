import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { repositoryOf, type ContainersOptions } from './containers-options.ts';

/** Permissions to pull images, of exactly these repositories. */
export function imageStatements({ images }: ContainersOptions): readonly PolicyStatement[] {
  const repositories = Object.values<string>({ ...images }).map((image) => {
    const { account, region, name } = repositoryOf(image);
    return `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/${name}`;
  });
  return [
    // The action has no resources that a policy could name.
    new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
    new PolicyStatement({
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:GetDownloadUrlForLayer',
        'ecr:BatchGetImage',
      ],
      resources: [...new Set(repositories)],
    }),
  ];
}

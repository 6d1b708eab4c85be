import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { argued, NO_RESOURCES } from '../nag/acknowledge.ts';
import { repositoryOf } from './image-repository.ts';

/** Images in Amazon ECR, by any names. */
interface Images {
  readonly images: object;
}

/** Returns the ARNs of the repositories of the images, each once. */
export function repositoryArns({ images }: Images): readonly string[] {
  const arns = Object.values<string>({ ...images }).map((image) => {
    const { account, region, name } = repositoryOf(image);
    return `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/${name}`;
  });
  return [...new Set(arns)];
}

/** Permissions to pull images, of exactly these repositories. */
export function imageStatements(options: Images): readonly PolicyStatement[] {
  return [
    argued(
      NO_RESOURCES,
      new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
    ),
    new PolicyStatement({
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:GetDownloadUrlForLayer',
        'ecr:BatchGetImage',
      ],
      resources: [...repositoryArns(options)],
    }),
  ];
}

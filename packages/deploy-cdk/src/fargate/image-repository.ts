import { awsDomain } from '@fairlead/deploy';

const REPOSITORY =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.([a-z.-]+)\/([a-z0-9][a-z0-9._/-]*)@sha256:[0-9a-f]{64}$/;

/** Account, region and name of the repository of an image of Amazon ECR with its digest; empty texts for any other image. */
export function repositoryOf(image: string): {
  readonly account: string;
  readonly region: string;
  readonly name: string;
} {
  const [, account = '', region = '', domain, name = ''] = REPOSITORY.exec(image) ?? [];
  if (domain !== awsDomain(region)) return { account: '', region: '', name: '' };
  return { account, region, name };
}

import { expect, it } from 'vitest';

import { repositoryOf } from '../../src/fargate/image-repository.ts';

const digest = `sha256:${'a'.repeat(64)}`;

it.each([
  [`111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop/gateway@${digest}`, 'shop/gateway'],
  [`111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu/shop@${digest}`, 'shop'],
  [`111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/shop@${digest}`, 'shop'],
  [`111122223333.dkr.ecr.cn-north-1.amazonaws.com/shop@${digest}`, ''],
  [`111122223333.dkr.ecr.eu-central-1.example.com/shop@${digest}`, ''],
  ['111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop:latest', ''],
])('the repository of %s is "%s"', (image, name) => {
  expect(repositoryOf(image).name).toBe(name);
});

import { App, Stack } from 'aws-cdk-lib';
import { expect, it } from 'vitest';

import { ModelService, Storage } from '@fairlead/deploy-cdk';

import { deploymentWith } from '../support/sample-deployment.ts';
import { propsWith } from '../support/sample-stack.ts';

const deployment = deploymentWith({
  gateway: {
    command: ['/opt/shop/current/bin/node', 'main.js'],
    service: { user: 'shop' },
    environment: { FAIRLEAD_REGISTRY: 's3://acme-models/prod' },
  },
});
const REGISTRY = 'Option storage creates the bucket "acme-models" of FAIRLEAD_REGISTRY';
const RELEASES = 'Option release.bucket is "acme-shop-releases", which this stack creates';
const options = { releaseBucketName: 'acme-shop-releases' };

/** Creates hosts whose storage is in the stack of that name. */
function hostsWith(storageStack: string, min: number, of = deployment) {
  const app = new App();
  const stack = new Stack(app, 'Shop');
  const place = storageStack === 'Shop' ? stack : new Stack(app, storageStack);
  const storage = new Storage(place, 'Storage', { deployment: of, options });
  const hosts = { instanceType: 'm7g.large', min };
  return new ModelService(stack, 'Service', propsWith({ deployment: of, storage, hosts }));
}

it('hosts that start with the bucket of their registry are refused', () => {
  const stack = new Stack(new App(), 'Shop');
  const props = propsWith({ deployment, storage: {} });
  expect(() => new ModelService(stack, 'Service', props)).toThrow(REGISTRY);
});

it('a Storage of the stack of its hosts is refused, for releases and for the registry', () => {
  expect(() => hostsWith('Shop', 2)).toThrow(RELEASES);
  expect(() => hostsWith('Shop', 2, deploymentWith())).toThrow(RELEASES);
});

it.each([
  ['ShopStorage', 2],
  ['Shop', 0],
])('a Storage in the stack %s is accepted for %i hosts', (place, min) => {
  expect(hostsWith(place, min).storage?.buckets.size).toBe(1);
});

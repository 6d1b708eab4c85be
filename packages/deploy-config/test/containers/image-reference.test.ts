import { expect, test } from 'vitest';

import { versionOfImage } from '../../src/containers/image-reference.ts';

test.each([
  ['nginx:1.28-bookworm@sha256:00', [1, 28, 0]],
  ['localhost:5000/nginx:1.22.1@sha256:00', [1, 22, 1]],
  ['localhost:5000/nginx@sha256:00', undefined],
  ['nginx:stable', undefined],
  ['nginx', undefined],
])('the version of %s is %j', (image, version) => {
  expect(versionOfImage(image)).toEqual(version);
});

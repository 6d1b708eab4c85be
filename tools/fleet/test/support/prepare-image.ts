import { canBootFleet, ensureImage } from '../../src/index.ts';

/** Builds the image before the tests of all files, whose time limits it would exceed. */
export async function setup(): Promise<void> {
  if (canBootFleet(undefined, () => undefined)) await ensureImage();
}

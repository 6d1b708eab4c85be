import { ensureImage, findMachineProblems } from '../../src/index.ts';

/** Builds the image; fails where no host can be booted, because the tests were called for by name. */
export async function setup(): Promise<void> {
  const problems = findMachineProblems();
  if (problems.length > 0) {
    throw new Error(`this machine can't boot hosts:\n- ${problems.join('\n- ')}`);
  }
  await ensureImage();
}

const STEPS = 4_000_000;
/** The same steps on a processor of 2.6 GHz: a multiplication of three cycles and an addition of one, each of which waits for the one before. */
const USUAL_MS = 6.2;
const ROUNDS = 5;

function roundMs(): number {
  const before = process.threadCpuUsage();
  let state = 1;
  for (let step = 0; step < STEPS; step += 1) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  const { user, system } = process.threadCpuUsage(before);
  // The result is used, so that the loop isn't left out.
  return (user + system + (state & 1) * 1e-9) / 1000;
}

/**
 * How many times longer this machine takes for a computation, now, than a usual one: by the processor time of a loop whose
 * number of cycles is known. At least 1, so that a limit times it is never stricter than the limit.
 *
 * A limit of processor time is a promise about machines that people use; a virtual machine that gets a fifth of a processor
 * would break it without any fault of the code.
 */
export function slowness(): number {
  let totalMs = 0;
  for (let round = 0; round < ROUNDS; round += 1) totalMs += roundMs();
  return Math.max(1, totalMs / ROUNDS / USUAL_MS);
}

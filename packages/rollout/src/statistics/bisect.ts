/** Enough for a range of 30 to shrink to below 1e-12. */
const HALVINGS = 45;

/** Finds the place between two numbers where a condition begins to hold on the way from `inside` to `outside`; undefined if it doesn't hold there. */
export function bisect(
  outside: number,
  inside: number,
  holds: (value: number) => boolean,
): number | undefined {
  if (!holds(outside)) return undefined;
  let [out, within] = [outside, inside];
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (out + within) / 2;
    if (holds(middle)) out = middle;
    else within = middle;
  }
  return out;
}

import type { KillResult } from './kill-gateways.ts';

/** Returns what is wrong after {@link killGateways}. */
export function checkKills({
  rollouts,
  champions,
  wrong,
  problems,
}: KillResult): readonly string[] {
  const found = [...problems, ...wrong.map((body) => `wrong answer: ${body}`)];
  const ended = rollouts.filter(({ status }) => status === 'ended');
  if (ended.length < rollouts.length - 1) found.push('a rollout before the last one has not ended');
  const promoted = ended.filter(({ result }) => result === 'promoted').length;
  for (const { number, result } of ended) {
    if (result !== 'promoted') found.push(`rollout ${number}: ${String(result)}`);
  }
  // The first entry is that of the test. The last rollout may have changed the alias, and not recorded it yet.
  const changes = champions.length - 1;
  if (changes !== promoted && changes !== promoted + rollouts.length - ended.length) {
    found.push(`${changes} changes of the alias by ${promoted} promotions`);
  }
  if (champions.some((version, index) => index > 0 && version === champions[index - 1])) {
    found.push('a version was promoted twice');
  }
  return found;
}

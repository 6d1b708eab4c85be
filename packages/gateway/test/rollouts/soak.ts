import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkKills } from './check-kills.ts';
import { killGateways } from './kill-gateways.ts';

// npm run soak -- rollout-kills [--kills 100] [--seed 1]
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const folder = mkdtempSync(join(tmpdir(), 'fairlead-kills-'));
try {
  const result = await killGateways(folder, Number(values.kills), Number(values.seed));
  const problems = checkKills(result);
  const { kills, rollouts, champions, responses } = result;
  process.stdout.write(
    `seed ${values.seed}: ${kills} gateways killed, ${rollouts.length} rollouts, ${champions.length - 1} promotions, ${responses} responses\n`,
  );
  for (const problem of problems) process.stdout.write(`FAILED: ${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkKills } from './check-kills.ts';
import { killRetraining } from './kill-retraining.ts';

// npm run soak -- retrain-kills [--kills 100] [--seed 1]
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const folder = mkdtempSync(join(tmpdir(), 'fairlead-kills-'));
try {
  const result = await killRetraining(folder, Number(values.kills), Number(values.seed));
  const { problems, attempts, promotions } = await checkKills(result);
  const { command, supervisor, training } = result.kills;
  process.stdout.write(
    `seed ${values.seed}: ${command} commands, ${supervisor} supervisors and ${training} trainings killed in ${attempts} attempts with ${promotions} promotions\n`,
  );
  for (const problem of problems) process.stdout.write(`FAILED: ${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

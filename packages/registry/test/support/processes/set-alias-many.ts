import { AliasConflictError, ModelRegistry, openStore } from '@fairlead/registry';

// Changes an alias a number of times against rivals, and says which entries it won, and who won those that it lost.
// One imitation of S3 on one machine may answer dozens of processes.
const patient = { retryBudgetMs: 600_000, timeoutMs: 120_000 };
const [, , location = '', actor = '', count = ''] = process.argv;
const registry = new ModelRegistry({ store: await openStore(location, patient) });
const won: number[] = [];
const lost: { number: number; actor: string; seal: string }[] = [];
while (won.length + lost.length < Number(count)) {
  const { version } = await registry.resolve('digits', 'champion');
  try {
    const options = { actor, expected: version };
    const entry = await registry.setAlias('digits', 'champion', (version % 3) + 1, options);
    won.push(entry.number);
  } catch (error) {
    if (!(error instanceof AliasConflictError) || error.winner === null) throw error;
    const { number, actor: winner, seal } = error.winner;
    lost.push({ number, actor: winner, seal });
  }
}
process.stdout.write(JSON.stringify({ actor, won, lost }));

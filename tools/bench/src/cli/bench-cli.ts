import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore } from '@fairlead/registry';
import { median } from '../percentile.ts';
import { fillRegistry } from '../registry/fill-registry.ts';

const RUNS = 21;
const BUILT = fileURLToPath(new URL('../../../../packages/cli/dist/bin.js', import.meta.url));
const SOURCE = fileURLToPath(new URL('../../../../packages/cli/src/bin.ts', import.meta.url));

interface Start {
  readonly name: string;
  readonly args: readonly string[];
  /** Highest ratio to `node -e 0`. */
  readonly goal?: number;
}

/** Measures the start of the command, as a ratio to `node -e 0` of the same run. */
export async function benchCli(
  { folder }: { readonly folder: string },
  print: (line: string) => void,
): Promise<void> {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: npx nx build @fairlead/cli`);
  const root = mkdtempSync(join(folder, 'cli-'));
  try {
    await fillRegistry(folderStore(join(root, 'registry'), { create: true }), 5, 3);
    const list = ['model', 'list', '--registry', join(root, 'registry')];
    const sources = ['--conditions=@fairlead/source', SOURCE];
    const starts: readonly Start[] = [
      { name: '`node -e 0`', args: ['-e', '0'] },
      { name: '`fairlead --help`, built', args: [BUILT, '--help'], goal: 120 / 56 },
      { name: '`fairlead model list`, built', args: [BUILT, ...list], goal: 250 / 56 },
      { name: '`fairlead --help`, of the sources', args: [...sources, '--help'] },
      { name: '`fairlead model list`, of the sources', args: [...sources, ...list] },
    ];
    const times = starts.map((): number[] => []);
    // Interleaved, so that a busy moment of the machine slows all of them.
    for (let run = 0; run < RUNS; run += 1) {
      for (const [index, { args }] of starts.entries()) times[index]?.push(timeOf(args));
    }
    const medians = times.map(median);
    const [base = NaN] = medians;
    print(`Median of ${RUNS} interleaved runs; 5 models in a folder.`);
    print('');
    print('| command | time | ratio to Node alone | goal | |');
    print('| --- | ---: | ---: | ---: | --- |');
    for (const [index, { name, goal }] of starts.entries()) {
      const ms = medians[index] ?? NaN;
      const verdict = goal === undefined ? '' : ms / base <= goal ? 'met' : 'MISSED';
      print(
        `| ${name} | ${ms.toFixed(0)} ms | ${(ms / base).toFixed(2)} | ${goal?.toFixed(2) ?? ''} | ${verdict} |`,
      );
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Milliseconds from the start of a process of Node to its end. */
function timeOf(args: readonly string[]): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ms = performance.now() - startedAt;
  if (status !== 0)
    throw new Error(`node ${args.join(' ')} ended with ${String(status)}: ${stderr}`);
  return ms;
}

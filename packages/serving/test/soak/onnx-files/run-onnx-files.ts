import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './judge-model.ts';

/** Counts of mutated files. */
export interface FilesReport {
  files: number;
  /** Found to read nothing but themselves. */
  accepted: number;
  /** Loaded by ONNX Runtime without any precaution. */
  loaded: number;
  /** Of those that are loaded: found to read nothing but themselves, inputs and outputs alike. */
  agreed: number;
  /** Of which ONNX Runtime read a file, or tried to; each was rejected. */
  touched: number;
  /** That ended the process of ONNX Runtime. */
  crashed: number;
  /** That ONNX Runtime didn't end with within {@link STUCK_MS}. */
  stuck: number;
  /** Numbers of those files that crashed or were stuck although the reader had accepted them. */
  harmful: number[];
  disagreements: string[];
}

const STUCK_MS = 15_000;
const PER_PROCESS = 2000;
const script = fileURLToPath(new URL('worker-process.ts', import.meta.url));

/** Compares the reader with ONNX Runtime on `count` mutated files; a seed repeats them. */
export async function runOnnxFiles(
  {
    seed,
    count,
    from = 0,
  }: { readonly seed: number; readonly count: number; readonly from?: number },
  onProgress: (report: Readonly<FilesReport>) => void = () => undefined,
): Promise<FilesReport> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-onnx-files-'));
  mkdirSync(join(folder, 'weights'));
  for (const name of ['package.json', 'weights/w.bin']) {
    writeFileSync(join(folder, name), Buffer.alloc(4096, 1));
  }
  const report: FilesReport = {
    files: 0,
    accepted: 0,
    loaded: 0,
    agreed: 0,
    touched: 0,
    crashed: 0,
    stuck: 0,
    harmful: [],
    disagreements: [],
  };
  try {
    const end = from + count;
    for (let next = from; next < end;) {
      next = await runProcess(folder, seed, next, Math.min(next + PER_PROCESS, end), report);
      onProgress(report);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

/** Runs one process; returns the first file that it didn't reach. */
async function runProcess(
  folder: string,
  seed: number,
  from: number,
  to: number,
  report: FilesReport,
): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@fairlead/source',
      '--disable-warning=ExperimentalWarning',
      script,
      `${seed}`,
      `${from}`,
      `${to}`,
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
  let index = from - 1;
  let isAccepted = false as boolean;
  let isOpen = false as boolean;
  let isStuck = false as boolean;
  const stuck = setTimeout(() => {
    isStuck = true;
    child.kill('SIGKILL');
  }, STUCK_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    stuck.refresh();
    if (!line.startsWith('{')) {
      index = Number.parseInt(line, 10);
      isAccepted = line.endsWith('accepted');
      isOpen = true;
      continue;
    }
    isOpen = false;
    const verdict = JSON.parse(line) as Verdict & { readonly how: readonly string[] };
    report.files += 1;
    if (verdict.accepted) report.accepted += 1;
    if (verdict.loaded) report.loaded += 1;
    if (verdict.touched) report.touched += 1;
    if (verdict.accepted && verdict.loaded) report.agreed += 1;
    if (verdict.disagreement !== undefined) {
      report.disagreements.push(
        `file ${index} (${verdict.how.join(', ')}): ${verdict.disagreement}`,
      );
    }
  }
  clearTimeout(stuck);
  if (index < from) throw new Error(`the process didn't begin: ${errors}`);
  if (isOpen) {
    report.files += 1;
    report[isStuck ? 'stuck' : 'crashed'] += 1;
    if (isAccepted) report.harmful.push(index);
  }
  return index + 1;
}

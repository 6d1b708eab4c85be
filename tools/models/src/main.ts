import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listBackendCases } from './backend-case.ts';
import { type BackendOutcome, type BackendPath, runBackendTests } from './backend-tests.ts';
import { run } from './download.ts';
import { runRealModels } from './real-models.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
// `packages` or `backend` alone; without either, both.
const parts = process.argv.slice(2);
const isWanted = (part: string): boolean => parts.length === 0 || parts.includes(part);

let passed = 0;
let failed = 0;
const count = (what: string, problem: string | undefined): void => {
  if (problem === undefined) passed += 1;
  else failed += 1;
  say(problem === undefined ? `ok   ${what}` : `FAIL ${what}: ${problem}`);
};

if (isWanted('packages')) {
  say('Models that public packages hold:');
  await runRealModels(root, (model, form, problem) => {
    count(`${model}, ${form}`, problem);
  });
}
if (isWanted('backend')) {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-backend-cases-'));
  try {
    say("ONNX's backend tests:");
    const cases = join(folder, 'cases');
    const write = ['-W', 'ignore', '-m', 'fairlead_models.backend_cases', cases];
    run(join(root, '.venv/bin/python'), write, join(root, 'tools/models/src'));
    for (const path of ['workers', 'automatic'] satisfies readonly BackendPath[]) {
      summarize(path, await runBackendTests(listBackendCases(cases), path));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
say(`${passed} passed, ${failed} failed`);
// A version that hangs holds a thread.
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** Says what became of the cases on one path: failures each by name, what is refused by its reason. */
function summarize(path: BackendPath, outcomes: readonly BackendOutcome[]): void {
  const kinds = Map.groupBy(outcomes, ({ kind }) => kind);
  for (const kind of ['unserved', 'wrong', 'hung'] as const) {
    for (const { name, reason } of kinds.get(kind) ?? [])
      count(`${name}, ${path}`, `${kind}: ${reason}`);
  }
  passed +=
    outcomes.length -
    ['unserved', 'wrong', 'hung'].flatMap((kind) => kinds.get(kind as 'hung') ?? []).length;
  for (const [kind, group] of kinds) say(`${path}: ${group.length} ${kind}`);
  const reasons = Map.groupBy(kinds.get('refused') ?? [], ({ reason }) => generalized(reason));
  const counted = [...reasons].map(([reason, group]) => [group.length, reason] as const);
  for (const [times, reason] of counted.sort(([a], [b]) => b - a)) say(`  ${times} × ${reason}`);
}

/** A reason without what is different in each case: paths, names, numbers. */
function generalized(reason: string): string {
  return reason
    .replaceAll(/\/\S+/g, '<file>')
    .replaceAll(/"[^"]*"/g, '"…"')
    .replaceAll(/\[[\d,]*\]/g, '[…]')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 200);
}

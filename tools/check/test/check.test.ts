import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { check } from '../src/check.ts';
import type { Step } from '../src/step.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fairlead-check-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** A step that runs a script. */
const script = (name: string, code: string): Step => ({
  name,
  command: [process.execPath, '--input-type=module', '--eval', code],
});

/** A step that writes what Vitest would have reported, and ends as Nx does. */
function reports(folder: string, ...statuses: readonly string[]): Step {
  const assertionResults = statuses.map((status) => ({ status }));
  const status = statuses.includes('failed') ? 'failed' : 'passed';
  const report = JSON.stringify({ testResults: [{ status, assertionResults }] });
  return script(
    `tests of ${folder}`,
    `import { mkdirSync, writeFileSync } from 'node:fs';
     mkdirSync('${folder}/reports', { recursive: true });
     writeFileSync('${folder}/reports/tests.json', ${JSON.stringify(report)});
     if (${String(status === 'failed')}) {
       console.log('\\nFailed tasks:\\n\\n- @fairlead/${folder}:test');
       process.exit(1);
     }`,
  );
}

async function run(
  steps: readonly Step[],
  folders: readonly string[] = [],
  signal = new AbortController().signal,
  slow?: { readonly stages: number; readonly afterMs: number },
) {
  const lines: string[] = [];
  const fine = await check({
    root,
    stages: steps.map((step) => [step]),
    testedProjects: folders.map((folder) => ({ name: `@fairlead/${folder}`, folder })),
    logFolder: root,
    environment: { ...process.env, FAIRLEAD_SHORT_TESTS: '' },
    signal,
    ...(slow !== undefined && { slow }),
    say: (line) => lines.push(...line.split('\n')),
  });
  return { fine, lines, text: lines.join('\n') };
}

describe('check', () => {
  it('is well when every step ends well and every project reports', async () => {
    const steps = [reports('a', 'passed', 'passed', 'skipped'), reports('b', 'passed')];
    const { fine, lines } = await run(steps, ['a', 'b']);
    expect(fine).toBe(true);
    expect(lines.slice(-2)).toEqual(['1 skipped', '3 passed, 0 failed']);
  });

  it('leaves long tests out, and says so, after checks that took too long', async () => {
    const printed = script('form', "console.log('form', process.env.FAIRLEAD_SHORT_TESTS)");
    const log = (): string => readFileSync(join(root, 'form.log'), 'utf8');
    const before = reports('a', 'passed');
    const { fine, text } = await run([before, printed], ['a'], undefined, {
      stages: 1,
      afterMs: 1,
    });
    expect(fine).toBe(true);
    expect(text).toMatch(/This machine is slow: .* The tests of \d+ files are left out/);
    expect(text).toMatch(/^The tests of \d+ files were left out, .*\n1 passed, 0 failed$/m);
    expect(log()).toContain('form 1\n');
    for (const steps of [
      [before, printed],
      // Tests that take long say nothing about the checks before them.
      [before, script('wait', 'setTimeout(() => {}, 3000)'), printed],
    ]) {
      const slow = { stages: 1, afterMs: steps.length === 2 ? 600_000 : 2900 };
      expect((await run(steps, [], undefined, slow)).text).not.toContain('is slow');
      expect(log()).toContain('form \n');
    }
  });

  it('runs the steps of a stage side by side, two at a time, and stages one after the other', async () => {
    const lines: string[] = [];
    // Each waits for the other, so that both must run at the same time.
    const pair = (own: string, other: string): Step =>
      script(
        own,
        `import { existsSync, writeFileSync } from 'node:fs';
         import { setTimeout } from 'node:timers/promises';
         writeFileSync('${own}', '');
         while (!existsSync('${other}')) await setTimeout(10);
         if (existsSync('last')) process.exit(1);`,
      );
    const last = script(
      'last',
      `import { writeFileSync } from 'node:fs'; writeFileSync('last', '');`,
    );
    const fine = await check({
      root,
      stages: [[pair('first', 'second'), pair('second', 'first'), script('third', '')], [last]],
      testedProjects: [],
      logFolder: root,
      environment: process.env,
      signal: new AbortController().signal,
      say: (line) => lines.push(line),
    });
    expect(fine).toBe(true);
    expect(lines.slice(0, 2)).toEqual(['… first', '… second']);
    expect(lines.indexOf('… third')).toBeGreaterThan(
      lines.findIndex((line) => line.startsWith('✓')),
    );
    expect(lines.indexOf('… last')).toBeGreaterThan(
      lines.findIndex((line) => line.startsWith('✓ third')),
    );
  });

  it('fails when a step fails, after the others have run, and shows the end of its output', async () => {
    const failing = script(
      'Lint & types',
      `for (let n = 1; n <= 100; n += 1) console.log('line ' + n);
       console.error('the reason');
       process.exitCode = 3;`,
    );
    const { fine, lines, text } = await run([failing, reports('a', 'passed')], ['a']);
    expect(fine).toBe(false);
    expect(text).toContain('✗ Lint & types: exit code 3');
    expect(lines).toContain('the reason');
    expect(lines).toContain('line 100');
    expect(lines).not.toContain('line 1');
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
    expect(readFileSync(join(root, 'lint-types.log'), 'utf8')).toContain('line 1\n');
  });

  it('prints which Nx tasks failed, with the output of each', async () => {
    const nx = script(
      'Tests',
      `console.log(${JSON.stringify(
        '\x1b[2m> \x1b[22mnx run @fairlead/a:test\n\nwhat a said\n\n> nx run @fairlead/b:test\n\nwhat b said\n\n NX   Ran\n\nFailed tasks:\n\n- @fairlead/a:test\n',
      )});
       process.exit(1);`,
    );
    const { fine, lines } = await run([nx]);
    expect(fine).toBe(false);
    expect(lines).toContain('what a said');
    expect(lines).not.toContain('what b said');
    expect(lines.slice(-2)).toEqual(['Failed:', '  ✗ @fairlead/a:test']);
    expect(lines.join('\n')).toMatch(/@fairlead\/b:test \(after \d+ s\)/);
  });

  it('counts a failed step once beside the failed tests of another', async () => {
    const steps = [script('Lint', 'process.exit(1)'), reports('a', 'passed', 'failed', 'failed')];
    const { fine, lines } = await run(steps, ['a']);
    expect(fine).toBe(false);
    expect(lines.at(-1)).toBe('1 passed, 3 failed');
  });

  it('counts a task that failed after all of its tests passed', async () => {
    const [program, flag, evaluate, code] = reports('a', 'passed').command;
    const step: Step = {
      name: 'Tests',
      command: [
        program,
        flag ?? '',
        evaluate ?? '',
        `${code ?? ''}\nconsole.log('\\nFailed tasks:\\n\\n- @fairlead/a:test'); process.exit(1);`,
      ],
    };
    const { fine, lines } = await run([step], ['a']);
    expect(fine).toBe(false);
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
  });

  it('counts failed tests', async () => {
    const { fine, lines } = await run([reports('a', 'passed', 'failed', 'failed')], ['a']);
    expect(fine).toBe(false);
    expect(lines.at(-1)).toBe('1 passed, 2 failed');
  });

  it('ends with the name and the message of each failed test', async () => {
    const report = JSON.stringify({
      testResults: [
        {
          name: join(root, 'a/test/keys.test.ts'),
          status: 'failed',
          assertionResults: [
            {
              status: 'failed',
              fullName: 'keys expire',
              failureMessages: ['AssertionError: expected 4 to be 2\n    at /a/keys.test.ts:59:18'],
            },
          ],
        },
      ],
    });
    const step = script(
      'Tests',
      `import { mkdirSync, writeFileSync } from 'node:fs';
       mkdirSync('a/reports', { recursive: true });
       writeFileSync('a/reports/tests.json', ${JSON.stringify(report)});
       process.exit(1);`,
    );
    const { text } = await run([step], ['a']);
    expect(text).toContain(
      '\n✗ a/test/keys.test.ts: keys expire\n    AssertionError: expected 4 to be 2\n\nFailed:\n',
    );
  });

  it('fails when a project wrote no report, even if every step ended well', async () => {
    const { fine, text, lines } = await run([reports('a', 'passed')], ['a', 'b']);
    expect(fine).toBe(false);
    expect(text).toContain('✗ @fairlead/b has tests but wrote no report');
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
  });

  it('fails when a report reports a failure although the step ended well', async () => {
    const [program, ...args] = reports('a', 'failed').command;
    const liar: Step = {
      name: 'liar',
      command: ['/bin/sh', '-c', '"$@" || true', 'sh', program, ...args],
    };
    const { fine, lines } = await run([liar], ['a']);
    expect(fine).toBe(false);
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
  });

  it('does not count a report of an earlier run', async () => {
    await run([reports('a', 'passed')], ['a']);
    const { fine, lines } = await run([script('Tests', '')], ['a']);
    expect(fine).toBe(false);
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
  });

  it('fails on a report that is broken, and names it', async () => {
    const step = script(
      'Tests',
      `import { mkdirSync, writeFileSync } from 'node:fs';
       mkdirSync('a/reports', { recursive: true });
       writeFileSync('a/reports/tests.json', '{"testResults":');`,
    );
    const { fine, text } = await run([step], ['a']);
    expect(fine).toBe(false);
    expect(text).toContain(join(root, 'a/reports/tests.json'));
  });

  it('fails when a program does not exist, or is killed', async () => {
    const missing = await run([{ name: 'Missing', command: ['fairlead-no-such-program'] }]);
    expect(missing.fine).toBe(false);
    expect(missing.text).toContain('ENOENT');
    const killed = await run([script('Killed', `process.kill(process.pid, 'SIGKILL')`)]);
    expect(killed.fine).toBe(false);
    expect(killed.text).toContain('✗ Killed: SIGKILL');
  });

  it('leaves nothing behind that a step started, and does not wait for it', async () => {
    const { fine } = await run([
      script(
        'Leaves a process',
        `import { spawn } from 'node:child_process';
         import { writeFileSync } from 'node:fs';
         const left = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
         left.unref();
         writeFileSync('pid', String(left.pid));
         left.on('spawn', () => process.exit(0));`,
      ),
    ]);
    expect(fine).toBe(true);
    const pid = readFileSync(join(root, 'pid'), 'utf8');
    await vi.waitFor(
      () => {
        expect(isRunning(pid)).toBe(false);
      },
      { timeout: 60_000 },
    );
  });

  it('stops the step that runs, starts no other and reports nothing when it is aborted', async () => {
    const stop = new AbortController();
    const steps = [
      script(
        'Endless',
        `import { writeFileSync } from 'node:fs';
         process.on('SIGTERM', () => { writeFileSync('stopped', ''); process.exit(0); });
         setInterval(() => {}, 1000);
         writeFileSync('started', '');`,
      ),
      script('Next', `import { writeFileSync } from 'node:fs'; writeFileSync('next', '');`),
    ];
    const running = run(steps, [], stop.signal);
    await vi.waitFor(
      () => {
        expect(existsSync(join(root, 'started'))).toBe(true);
      },
      { timeout: 60_000 },
    );
    stop.abort();
    await expect(running).rejects.toThrow(/abort/i);
    expect(existsSync(join(root, 'stopped'))).toBe(true);
    expect(existsSync(join(root, 'next'))).toBe(false);
  });
});

/** Returns whether a process runs; a zombie doesn't. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

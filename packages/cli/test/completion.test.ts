import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Place, placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { installCommand } from './support/bin.ts';
import { affine } from './support/models.ts';

/** A place with two models, and `fairlead` on the path. */
async function place(): Promise<Required<Pick<Place, 'folder' | 'env'>>> {
  const made = placeWithRegistry();
  const tools = installCommand(made.folder);
  const push = ['--skip-validation'];
  await runJson(made, 'model', 'push', 'digits', affine, ...push);
  await runJson(made, 'model', 'push', 'wine', affine, ...push);
  await runJson(made, 'model', 'promote', 'digits', '1');
  return { ...made, env: { ...made.env, PATH: `${tools}:${process.env.PATH ?? ''}` } };
}

const has = (shell: string): boolean => {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Scripts that print the completions of a shell for a line with the cursor at its end. */
const completionScripts: Readonly<Record<string, (line: string) => string>> = {
  bash: (line) => `source <(fairlead completion bash)
COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}
read -r -a COMP_WORDS <<< "$COMP_LINE"; COMP_CWORD=\${#COMP_WORDS[@]}
$(complete -p fairlead | sed -E 's/.*-F ([^ ]+).*/\\1/') fairlead
printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (line) => `source (fairlead completion fish | psub); complete -C ${JSON.stringify(line)}`,
  // zsh completes only on a terminal: replacements of its functions print the completions.
  zsh: (
    line,
  ) => `_describe() { print -l -- "\${choices[@]}" }; _files() { print files }; compdef() { : }
source <(fairlead completion zsh)
line=${JSON.stringify(line)}; words=("\${(@s: :)line}"); CURRENT=\${#words}
_fairlead`,
};

/** Returns the completions of `shell` at the end of `line`. */
async function offers(there: Place, shell: string, line: string): Promise<readonly string[]> {
  const script = completionScripts[shell]?.(line) ?? '';
  const bare: Readonly<Record<string, readonly string[]>> = { bash: ['--norc'], zsh: ['-f'] };
  const { stdout } = await promisify(execFile)(shell, [...(bare[shell] ?? []), '-c', script], {
    cwd: there.folder,
    env: { ...there.env, HOME: there.folder, TERM: 'dumb' },
  });
  return stdout
    .split('\n')
    .map((each) => each.split(shell === 'zsh' ? /(?<!\\):/ : '\t')[0] ?? '')
    .filter((each) => each !== '');
}

test.for(['bash', 'zsh', 'fish'])(
  'in %s commands, options, models, aliases, versions and files are completed',
  async (shell, { skip }) => {
    // bash is installed on every machine that runs these tests.
    if (shell !== 'bash' && !has(shell)) skip(`${shell} isn't installed: apt-get install ${shell}`);
    const there = await place();
    const offered = (line: string) => offers(there, shell, line);
    // zsh filters the result of its function.
    const all = (list: string[]): unknown =>
      shell === 'zsh' ? expect.arrayContaining(list) : list;
    expect(await offered('fairlead mod')).toEqual(all(['model']));
    expect(await offered('fairlead model pro')).toEqual(all(['promote']));
    expect(await offered('fairlead model promote dig')).toEqual(all(['digits']));
    expect(await offered('fairlead model promote digits cha')).toEqual(all(['champion']));
    expect(await offered('fairlead model rollback digits --exp')).toEqual(all(['--expect']));
    expect(await offered('fairlead model rollback digits --alias cha')).toEqual(all(['champion']));
    expect(await offered('fairlead completion fi')).toEqual(all(['fish']));
    writeFileSync(join(there.folder, 'weights.onnx'), '');
    // bash completes files itself when the function returns nothing.
    const files = { bash: [], zsh: ['files'], fish: ['weights.onnx'] }[shell];
    expect(await offered('fairlead model push digits weigh')).toEqual(files);
  },
);

test('completion of commands needs no registry and loads no library', async () => {
  const { exitCode, stdout } = await run(
    { folder: placeWithRegistry().folder },
    '__complete',
    '--',
    'model',
    '',
  );
  expect(exitCode).toBe(0);
  expect(stdout).toContain('promote\tPoint an alias to a version');
  const models = await run(
    { folder: placeWithRegistry().folder },
    '__complete',
    '--',
    'model',
    'show',
    '',
  );
  expect(models).toMatchObject({ exitCode: 0, stdout: '' });
  expect((await run(placeWithRegistry(), 'completion', 'tcsh')).exitCode).toBe(2);
});

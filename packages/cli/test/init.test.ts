import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { run, runJson } from './support/fairlead.ts';

/** A folder inside of the package, where its dependencies resolve. */
function projectFolder(): string {
  const folder = mkdtempSync(join(import.meta.dirname, '.init-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => lstatSync(join(folder, path)).isFile())
    .toSorted();
}

test('the project trains, pushes, promotes, renders its deployment and serves', async () => {
  const folder = projectFolder();
  const place = { folder, env: { FAIRLEAD_ACTOR: 'ada', FAIRLEAD_REGISTRY: 'registry' } };
  await runJson(place, 'init', '.');
  const { stdout } = await promisify(execFile)(process.execPath, ['train.ts'], { cwd: folder });
  expect(stdout).toContain('Trained on 200 rows');
  await runJson(place, 'registry', 'init');
  // The push runs the golden example of the training.
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly push: string; readonly start: string };
  };
  // Without a shell in between, so that signals reach the service.
  expect(scripts.start).toBe('exec node service.ts');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  // Columns of a table are aligned in the text too.
  for (const table of readme.match(/(?:^\|.*\n)+/gmu) ?? []) {
    expect(
      new Set(
        table
          .trimEnd()
          .split('\n')
          .map(({ length }) => length),
      ).size,
    ).toBe(1);
  }
  const push = scripts.push.split(' ').slice(1);
  expect(await runJson(place, ...push)).toMatchObject({ created: true });
  expect(await runJson(place, ...push)).toMatchObject({ created: false });
  const { stdout: shown } = await run(place, 'model', 'show', 'house-price', '1');
  const [, baseline = ''] = shown.split('\nBaseline\n');
  expect(baseline).toMatch(/^200 rows\n.*\ninput {3}area .*\ninput {3}rooms .*\noutput {2}y /u);
  await runJson(place, 'model', 'promote', 'house-price', '1');
  await runJson(place, 'render', 'fairlead.config.ts', '--out', 'rendered');
  // Each file is where it is below / on a host, and the README says what each is for.
  const [, table = ''] = readFileSync(join(folder, 'README.md'), 'utf8').split(
    '| file in `rendered`',
  );
  const described = [...table.matchAll(/^\| `(\S+)`/gm)].map(([, path]) => path);
  expect(filesIn(join(folder, 'rendered'))).toEqual(described.toSorted());

  const child = spawn(process.execPath, ['--conditions=@fairlead/source', 'service.ts'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_LISTEN: 'unix:' + join(folder, 's'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = text.split('\n').find((each) => each.includes('"models loaded"'));
      if (found !== undefined) resolve(found);
    });
    child.once('close', () => {
      reject(new Error(text));
    });
  });
  expect(JSON.parse(line)).toMatchObject({ models: ['house-price'], ready: true });
});

test('every script of the project is a command that the CLI has', async () => {
  const folder = projectFolder();
  await runJson({ folder }, 'init', 'my-models', '--without-service');
  const project = join(folder, 'my-models');
  expect(existsSync(join(project, 'service.ts'))).toBe(false);
  const { name, scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly scripts: Readonly<Record<string, string>>;
  };
  expect(name).toBe('my-models');
  await runJson({ folder: project }, 'render', 'fairlead.config.ts', '--out', 'rendered');
  expect(filesIn(join(project, 'rendered'))).toEqual(['etc/nginx/nginx.conf']);
  expect(readFileSync(join(project, 'README.md'), 'utf8')).toContain(
    'writes `rendered/etc/nginx/nginx.conf`',
  );
  expect(scripts).not.toHaveProperty('start');
  for (const script of ['push', 'promote', 'serve', 'render']) {
    const words =
      scripts[script]
        ?.split(' ')
        .slice(1)
        .filter((word) => /^[a-z]/.test(word)) ?? [];
    const command = words[0] === 'model' ? words.slice(0, 2) : words.slice(0, 1);
    expect(await run({ folder }, ...command, '--help')).toMatchObject({ exitCode: 0 });
  }
});

test('a file that exists is not replaced, and nothing else is written', async () => {
  const folder = projectFolder();
  await runJson({ folder }, 'init', '--dry-run');
  expect(existsSync(join(folder, 'train.ts'))).toBe(false);
  await runJson({ folder }, 'init', '--without-service');
  const again = await run({ folder }, 'init');
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toContain('train.ts already exist: name another folder');
  expect(existsSync(join(folder, 'service.ts'))).toBe(false);
});

test('a broken link at a path of the project is a conflict: nothing is written', async () => {
  const folder = projectFolder();
  symlinkSync(join(folder, 'nowhere'), join(folder, 'train.ts'));
  const refused = await run({ folder }, 'init', '.');
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringContaining('train.ts already exist'),
  ]);
  expect(readdirSync(folder)).toEqual(['train.ts']);
});

test('the command to paste has a quoted folder, and a path does not act on the terminal', async () => {
  const folder = projectFolder();
  const name = 'a b;id \u001b[31mred';
  mkdirSync(join(folder, name));
  const { stdout } = await run({ folder }, 'init', name, '--dry-run');
  expect(stdout).not.toContain('\u001b');
  const created = await run({ folder }, 'init', 'a b;id');
  expect(created.stdout).toContain("\ncd 'a b;id'\n");
});

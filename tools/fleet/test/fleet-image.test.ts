import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';

import { temporaryFolder, until } from '@fairlead/test-support';
import { describe, expect, test } from 'vitest';

import { canBootFleet, ensureImage } from '../src/index.ts';

/** Writes a script that fills an image, and returns the options of the image. */
function imageOf(script: string) {
  const folder = temporaryFolder();
  writeFileSync(`${folder}/install.sh`, script);
  const lines: string[] = [];
  return {
    lines,
    folder: `${folder}/images`,
    script: `${folder}/install.sh`,
    onProgress: (line: string) => void lines.push(line),
  };
}

/** Puts an image into the folder that was used last some hours ago. */
function addImage(folder: string, name: string, hours: number): void {
  mkdirSync(`${folder}/${name}/bare`, { recursive: true });
  const time = new Date(Date.now() - hours * 3_600_000);
  utimesSync(`${folder}/${name}`, time, time);
}

describe.skipIf(!canBootFleet())('an image', () => {
  test('is built once, from the packages by name, and its script reports progress', async () => {
    const options = imageOf(
      'mkdir "$1/bare" "$1/prepared"; echo "installing in $2"; echo "$3" >"$1/bare/packages"',
    );
    const { bare, prepared } = await ensureImage(options);
    expect(readFileSync(`${bare[0] ?? ''}/packages`, 'utf8')).toContain('systemd-sysv,');
    expect(prepared).toEqual([expect.stringMatching(/\/prepared$/), ...bare]);
    await ensureImage(options);
    expect(options.lines).toEqual(['installing in bookworm']);
  });

  test('is built by one of two processes that want it at the same time', async () => {
    const options = imageOf('echo building; sleep 0.3; mkdir "$1/bare"');
    const [first, second] = await Promise.all([ensureImage(options), ensureImage(options)]);
    expect(first).toEqual(second);
    expect(options.lines).toEqual(['building']);
  });

  test('is built again when its script changes; images without a use for a day are removed', async () => {
    const options = imageOf('mkdir "$1/bare"');
    const { bare } = await ensureImage(options);
    addImage(options.folder, 'unused', 25);
    addImage(options.folder, 'used', 23);
    writeFileSync(options.script, 'mkdir "$1/bare" # changed');
    const changed = await ensureImage(options);
    expect(changed.bare).not.toEqual(bare);
    expect(readdirSync(options.folder)).not.toContain('unused');
    expect(readdirSync(options.folder)).toContain('used');
    expect(existsSync(bare[0] ?? '')).toBe(true);
    expect(options.lines).toEqual(['removing unused, which no fleet has used for a day']);
  });

  test('stays as long as it is used', async () => {
    const options = imageOf('mkdir "$1/bare"');
    const { bare } = await ensureImage(options);
    const image = (bare[0] ?? '').replace(/\/bare$/, '');
    const before = new Date(Date.now() - 48 * 3_600_000);
    utimesSync(image, before, before);
    await ensureImage(options);
    writeFileSync(options.script, 'mkdir "$1/bare" # changed');
    await ensureImage(options);
    expect(existsSync(image)).toBe(true);
  });

  test('does not exist after a failed build, whose error ends with the output of the script', async () => {
    const options = imageOf('mkdir "$1/bare"; echo "no mirror" >&2; exit 3');
    await expect(ensureImage(options)).rejects.toThrow(
      "the image of the hosts can't be built:\nno mirror",
    );
    writeFileSync(options.script, 'mkdir "$1/bare"');
    await ensureImage(options);
    expect(readdirSync(options.folder)).toEqual([expect.stringMatching(/^[\da-f]{16}$/), 'lock']);
  });

  test('leaves no process when its builder is killed with SIGKILL, and the next build removes the rest', async () => {
    const options = imageOf('echo $$ >"$1/started"; exec sleep 987654');
    const program = fileURLToPath(new URL('support/build-image.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--conditions=@fairlead/source', program, options.folder, options.script],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const building = await until(() =>
      readdirSync(options.folder).find((name) => name.startsWith('build.')),
    );
    await until(() => existsSync(`${options.folder}/${building}/started`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    writeFileSync(options.script, 'mkdir "$1/bare"');
    // The lock is free only once every process of the killed build has ended.
    await ensureImage(options);
    expect(readdirSync(options.folder)).toEqual([expect.stringMatching(/^[\da-f]{16}$/), 'lock']);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { until } from '@fairlead/test-support';
import { describe, expect, test } from 'vitest';

import { canBootFleet, startFleet } from '../src/index.ts';

/** Everything on this machine that belongs to a fleet: processes, mounts, control groups and folders. */
function findLeftovers(name: string): readonly string[] {
  const processes = globSync('/proc/[0-9]*/cmdline').filter((file) => contains(file, name));
  const mounts = globSync('/proc/[0-9]*/mountinfo').filter((file) => contains(file, name));
  const cgroups = globSync(`/sys/fs/cgroup/{,*/}${name}`);
  return [...processes, ...mounts, ...cgroups, ...globSync(`${tmpdir()}/${name}`)];
}

function contains(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes(text);
  } catch {
    return false;
  }
}

describe.skipIf(!canBootFleet())('clean-up', () => {
  const script = fileURLToPath(new URL('support/start-and-wait.ts', import.meta.url));

  test.each(['in the middle of booting', 'while hosts run'])(
    'nothing is left when the process is killed with SIGKILL %s',
    async (moment) => {
      const child = spawn(process.execPath, ['--conditions=@fairlead/source', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const [pid, folder = ''] = String((await lines.next()).value).split(' ');
      const name = folder.slice(folder.lastIndexOf('/') + 1);
      if (moment === 'while hosts run') expect((await lines.next()).value).toBe('running');
      else await sleep(300);
      expect(findLeftovers(name).length).toBeGreaterThan(3);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await until(() => findLeftovers(name).length === 0, 20_000);
      expect(existsSync(`/proc/${pid ?? ''}`)).toBe(false);
    },
  );

  test('a start removes what a dead fleet left, and nothing of a live one', async () => {
    const dead = `fairlead-fleet-test${process.pid}`;
    mkdirSync(`${tmpdir()}/${dead}/h1/upper`, { recursive: true });
    await using first = await startFleet({ boot: false });
    expect(findLeftovers(dead)).toEqual([]);
    await using second = await startFleet({ boot: false });
    expect(readdirSync(first.namespaces.folder)).toContain('h1');
    expect(readdirSync(second.namespaces.folder)).toContain('h1');
  });
});

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { run } from '../support/fairlead.ts';
import { ids, PARAMETER, startGroupOfHosts, type GroupOfHosts } from '../support/group-of-hosts.ts';
import { buildGroupRelease, type GroupRelease } from '../support/group-releases.ts';

vi.mock('@fairlead/deploy/ssm', async (load) => {
  const { withShortPauses } = await import('../support/group-releases.ts');
  return withShortPauses(load);
});

const [one, two, three] = ids as [string, string, string];

let place: GroupOfHosts;
let folder: string;
let releases: readonly GroupRelease[];

beforeAll(async () => {
  place = await startGroupOfHosts();
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  const found: GroupRelease[] = [];
  for (const version of [1, 2, 3, 4]) found.push(await buildGroupRelease(place, version, 1_000));
  releases = found;
  folder = found[0]?.folder ?? '';
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await place.close();
});

const deploy = async (index: number) => {
  const { path = '' } = releases[index] ?? {};
  return run({ folder }, 'deploy', '--release', path, '--watch', '0s', '--yes');
};
const rollback = () => run({ folder }, 'rollback', '--yes');
const current = (...hosts: readonly string[]) => hosts.map((id) => place.hosts.current(id));

/** Lets an instance start while a host changes its release. */
function startDuring(change: string, state: 'Pending' | 'InService'): void {
  place.onScript = (id, script) => {
    if (id !== two || !script.includes(change)) return;
    place.onScript = () => undefined;
    place.setInstances(one, two, { id: three, state });
  };
}

test.each([
  ['is still starting', () => undefined, 'still starting'],
  [
    'cannot be reached',
    () => {
      place.hosts.disconnect(three);
      return undefined;
    },
    'No route to host',
  ],
])(
  'a rollback whose new instance %s is in the history, so that the next one returns to its release',
  async (_, prepare, message) => {
    const [a = '', b = '', c = '', d = ''] = releases.map(({ digest }) => digest);
    for (const id of ids) place.hosts.boot(id, a);
    place.setInstances(one, two);
    for (const index of [0, 1, 2]) expect(await deploy(index)).toMatchObject({ exitCode: 0 });
    expect(current(one, two)).toEqual([c, c]);
    prepare();
    startDuring('rollback', message === 'still starting' ? 'Pending' : 'InService');
    const failed = await rollback();
    expect([failed.exitCode, failed.stderr]).toEqual([5, expect.stringContaining(message)]);
    expect([current(one, two), place.manager.parameters.get(PARAMETER)]).toEqual([[b, b], b]);
    place.setInstances(one, two);
    expect(await deploy(3)).toMatchObject({ exitCode: 0 });
    for (const id of ids) place.hosts.boot(id, d);
    expect(await rollback()).toMatchObject({ exitCode: 0 });
    expect(current(one, two)).toEqual([b, b]);
  },
  120_000,
);

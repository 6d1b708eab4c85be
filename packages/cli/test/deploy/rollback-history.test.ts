import type * as Ssm from '@fairlead/deploy/ssm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { run, runJson } from '../support/fairlead.ts';
import {
  GROUP,
  ids,
  PARAMETER,
  startGroupOfHosts,
  type GroupOfHosts,
} from '../support/group-of-hosts.ts';
import { hostProject } from '../support/host-project.ts';

// The real pause between two questions for the result of a command is a second.
vi.mock('@fairlead/deploy/ssm', async (load) => {
  const library = await load<typeof Ssm>();
  const ssmCarrier: typeof Ssm.ssmCarrier = (options) =>
    library.ssmCarrier({ ...options, pollMs: 20 });
  return { ...library, ssmCarrier };
});

const [one, two, three] = ids as [string, string, string];

let place: GroupOfHosts;
let folder: string;
let releases: readonly { readonly path: string; readonly digest: string }[];

beforeAll(async () => {
  place = await startGroupOfHosts();
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  const project = (version: number): string =>
    hostProject({
      version,
      environment: `hosts: { autoScalingGroup: '${GROUP}', startTimeoutMs: 1_000 },
    ssm: { bucket: '${place.bucket}' },
    balancer: { kind: 'target-group', arn: '${place.targetGroupArn}' },
    releaseStore: 's3://${place.bucket}/releases',
    stack: { name: 'Shop', releaseParameter: '${PARAMETER}' }`,
    });
  folder = project(1);
  const found: { path: string; digest: string }[] = [];
  for (const path of [folder, project(2), project(3), project(4)]) {
    const built = await runJson({ folder: path }, 'release', 'build', '--out', 'dist', '--publish');
    found.push({ path: String(built.path), digest: String(built.digest) });
  }
  releases = found;
}, 240_000);

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

import { isDeepStrictEqual } from 'node:util';

import type { EnvironmentProblem } from './environments-error.ts';
import type { ParsedEnvironment } from './environments-schema.ts';

type Environments = ReadonlyMap<string, ParsedEnvironment>;

/** Returns the broken rules between environments that releases are promoted from and to. */
export function promotionRules(environments: Environments): readonly EnvironmentProblem[] {
  return [...environments].flatMap(([name, environment]) => {
    const { promoteFrom } = environment;
    if (promoteFrom === undefined) return [];
    const source = environments.get(promoteFrom);
    const setting = `${name}.promoteFrom`;
    if (source === undefined || promoteFrom === name) {
      const others = [...environments.keys()].filter((each) => each !== name);
      const known = others.length === 0 ? 'There is no other one.' : `Give ${others.join(' or ')}.`;
      const message = `${setting} is "${promoteFrom}", which is no other environment. ${known}`;
      return [{ settings: [setting], message }];
    }
    return [
      ...ring(name, environments),
      ...differences({ name, environment }, { name: promoteFrom, environment: source }),
    ];
  });
}

/** Returns the problem of an environment that is promoted from itself by way of others. */
function ring(name: string, environments: Environments): readonly EnvironmentProblem[] {
  const path = [name];
  for (;;) {
    const next = environments.get(path.at(-1) ?? '')?.promoteFrom;
    if (next === undefined) return [];
    if (next === name) {
      const settings = path.map((each) => `${each}.promoteFrom`);
      const message = `${settings.join(', ')} form a ring: ${[...path, name].join(' from ')}. Remove one, so that releases are built for one environment.`;
      return [{ settings, message }];
    }
    // A ring that this environment isn't part of is reported by its own.
    if (path.includes(next)) return [];
    path.push(next);
  }
}

interface Named {
  readonly name: string;
  readonly environment: ParsedEnvironment;
}

/** Returns what two environments can't differ in, because the same release runs in both. */
function differences(to: Named, from: Named): readonly EnvironmentProblem[] {
  const problems: EnvironmentProblem[] = [];
  const compare = (setting: string, read: (of: ParsedEnvironment) => unknown, fix: string) => {
    if (isDeepStrictEqual(read(to.environment), read(from.environment))) return;
    const settings = [`${to.name}.${setting}`, `${from.name}.${setting}`];
    const message = `${settings.join(' and ')} differ, but ${to.name} runs the releases of ${from.name}. ${fix}`;
    problems.push({ settings, message });
  };
  compare(
    'releaseStore',
    ({ releaseStore, release }) => releaseStore ?? release.out ?? 'releases',
    'Give both the same store.',
  );
  compare(
    'release.platform',
    ({ release }) => release.platform ?? 'linux-x64',
    'Give both the same platform.',
  );
  compare(
    'deployment',
    ({ deployment }) => deployment,
    'Give both the same deployment, with all host names in nginx.listen.names; what differs between hosts is in files, or in secrets.',
  );
  return problems;
}

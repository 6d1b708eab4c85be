import { describe, expect, it } from 'vitest';

import {
  defineDeployment,
  DeploymentError,
  folderLayout,
  hostLayout,
  renderDeployment,
  type DeploymentInput,
  type DeploymentProblem,
} from '../src/index.ts';
import { deploymentSchema } from '../src/deployment-schema.ts';
import { knownSettings } from '../src/known-settings.ts';
import { folderInput, hostInput } from './support/sample-deployment.ts';

function problemsOf(input: unknown): readonly DeploymentProblem[] {
  try {
    defineDeployment(input as DeploymentInput);
  } catch (error) {
    if (error instanceof DeploymentError) return error.problems;
    throw error;
  }
  return [];
}

/** Every setting that the schema knows, as a path; those of routes and upstreams are of a single entry. */
function everySetting(path: readonly string[] = []): readonly (readonly string[])[] {
  return knownSettings(deploymentSchema, path).flatMap((name) => {
    const setting = [...path, name];
    return [setting, ...everySetting(setting)];
  });
}

/** The value of `path` replaced; objects on the way are created. */
function replaced(
  input: unknown,
  [step = '', ...rest]: readonly string[],
  value: unknown,
): unknown {
  const object = typeof input === 'object' && input !== null ? { ...input } : {};
  const old = new Map<string, unknown>(Object.entries(object)).get(step);
  return { ...object, [step]: rest.length === 0 ? value : replaced(old, rest, value) };
}

const settings = everySetting().filter(([first, second]) => {
  // A deployment chooses the names and numbers of their entries.
  return !(first === 'nginx' && (second === 'routes' || second === 'upstreams'));
});

describe('messages about settings', () => {
  it('covers all settings', () => {
    expect(settings.length).toBeGreaterThan(70);
    expect(settings.map((path) => path.join('.'))).toContain('flask.service.secretsFile');
  });

  it.each(settings.map((path) => [path.join('.'), path] as const))(
    'a wrong %s is shown, with what to give',
    (name, path) => {
      // No setting accepts a function, and a JSON file can't hold one; an https listener has more settings than an http one.
      const base = name === 'nginx.listen.address' ? folderInput('/srv/app') : hostInput;
      const input = replaced(base, path, () => undefined);
      const problem = problemsOf(input).find(({ settings: [first] }) => first === name);
      expect(problem?.message).toMatch(/ is (?:function|\d|")/);
      expect(problem?.message).toMatch(/\. Give .{5,}$/);
    },
  );

  it('lists everything that the smallest host deployment lacks at once', () => {
    const messages = problemsOf({
      layout: 'host',
      target: {},
      host: {},
      nginx: {},
      gateway: {},
      flask: {},
    }).map(({ message }) => message);
    for (const setting of [
      ...['target.nginx', 'host.cores', 'host.memoryBytes', 'nginx.listen', 'gateway.command'],
      ...['gateway.service', 'flask.app', 'flask.folder', 'flask.gunicorn', 'flask.service'],
    ]) {
      expect(messages).toContainEqual(
        expect.stringMatching(
          new RegExp(`^${setting.replace('.', String.raw`\.`)} is not set.* Give `),
        ),
      );
    }
    expect(messages).toHaveLength(10);
  });

  it('knows the settings of the scheme only', () => {
    const listen = { ...hostInput.nginx.listen, address: '0.0.0.0:80' };
    const [problem] = problemsOf({ ...hostInput, nginx: { listen } });
    expect(problem?.message).toBe(
      'nginx.listen.address: unknown. Known are scheme, names, certificateFile, certificateKeyFile, acme, host, port, redirectPort.',
    );
  });

  it('names a misspelled layout', () => {
    const [problem] = problemsOf({ ...hostInput, layout: 'hots' });
    expect(problem?.message).toBe(
      'layout is "hots". Give "host" for a host with systemd, { "folder": "/srv/app" } for one folder, or all paths.',
    );
    const [relative] = problemsOf({ ...folderInput('/srv/app'), layout: { folder: 'srv' } });
    expect(relative?.message).toContain('srv/nginx.conf');
  });
});

describe('the layout in JSON', () => {
  it('"host" is hostLayout of the name', () => {
    const json = JSON.stringify({ ...hostInput, name: 'shop', layout: 'host' });
    expect(renderDeployment(defineDeployment(JSON.parse(json) as DeploymentInput))).toEqual(
      renderDeployment(
        defineDeployment({ ...hostInput, name: 'shop', layout: hostLayout('shop') }),
      ),
    );
  });

  it('{ folder } is folderLayout of the folder', () => {
    const input = folderInput('/srv/app');
    expect(defineDeployment({ ...input, layout: { folder: '/srv/app' } })).toEqual(
      defineDeployment({ ...input, layout: folderLayout('/srv/app') }),
    );
  });
});

import { describe, expect, it } from 'vitest';

import {
  defineDeployment,
  DeploymentError,
  renderDeployment,
  renderHost,
  type DeploymentInput,
  type DeploymentProblem,
  type SecretInput,
} from '../src/index.ts';
import { folderInput, hostInput } from './support/sample-deployment.ts';

const secretsFile = '/etc/fairlead/gateway.secrets';
const pepper: SecretInput = {
  name: 'pepper',
  from: { ssmParameter: '/shop/pepper' },
  path: secretsFile,
  variable: 'FAIRLEAD_PEPPER',
};
const keys: SecretInput = {
  name: 'keys',
  from: { secretsManager: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-AbCdEf' },
  path: '/etc/fairlead/keys.json',
};

function withSecrets(secrets: readonly unknown[], change: Partial<DeploymentInput> = {}) {
  return { ...hostInput, ...change, secrets } as DeploymentInput;
}

function problemsOf(input: DeploymentInput): readonly DeploymentProblem[] {
  try {
    defineDeployment(input);
  } catch (error) {
    if (error instanceof DeploymentError) return error.problems;
    throw error;
  }
  return [];
}

describe('secrets of a deployment', () => {
  it('have the modes and owners of the programs that read them, and the region of an ARN', () => {
    const gateway = {
      ...hostInput.gateway,
      environment: { FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json' },
    };
    const deployment = defineDeployment(
      withSecrets([pepper, keys, { ...keys, name: 'own', path: '/etc/own', mode: '440' }], {
        gateway,
      }),
    );
    expect(deployment.secrets.map(({ mode, owner }) => `${mode} ${owner}`)).toEqual([
      ...['0600 root:root', '0640 root:fairlead', '0440 root:root'],
    ]);
    expect(deployment.secrets[1]?.from).toEqual({ ...keys.from, region: 'eu-west-1' });
    const text = renderHost(deployment).find(({ path }) => path.includes('tmpfiles'))?.content;
    const lines = text?.split('\n').filter((line) => line.startsWith('z'));
    expect(lines).toEqual([
      'z "/etc/fairlead/gateway.secrets" 0600 root root',
      'z "/etc/fairlead/keys.json" 0640 root fairlead',
      'z "/etc/own" 0440 root root',
      'z "/etc/fairlead/tls/key.pem" 0600 root root',
    ]);
  });

  it('are in no rendered file: neither their sources nor anything else but a path and a mode', () => {
    const text = JSON.stringify(renderDeployment(defineDeployment(withSecrets([pepper, keys]))));
    for (const word of ['/shop/pepper', 'shop-AbCdEf', 'FAIRLEAD_PEPPER'])
      expect(text).not.toContain(word);
  });

  it.each<[string, readonly unknown[], string]>([
    [
      'no source',
      [{ ...pepper, from: {} }],
      'needs one of file, ssmParameter and secretsManager, but has none',
    ],
    [
      'two sources',
      [{ ...pepper, from: { file: '/root/a', ssmParameter: 'a' } }],
      'but has file and ssmParameter',
    ],
    [
      'a member of a parameter',
      [{ ...pepper, from: { ssmParameter: 'a', key: 'b' } }],
      'has key, which only a JSON object in secretsManager has',
    ],
    [
      'a region of a file',
      [{ ...pepper, from: { file: '/root/a', region: 'eu-west-1' } }],
      'has region, but a file of the host has none',
    ],
    [
      'a misspelled source',
      [{ ...pepper, from: { ssmParameter: 'a', regoin: 'b' } }],
      'secrets.0.from.regoin: unknown. Did you mean `region`?',
    ],
    [
      'a mode for everyone',
      [{ ...pepper, mode: '0644' }],
      '"0644" is not permission bits such as "0640"',
    ],
    [
      'a hostile parameter',
      [{ ...pepper, from: { ssmParameter: '/a b;c' } }],
      'is not the name or ARN of a parameter',
    ],
    ['a relative path', [{ ...keys, path: 'keys.json' }], 'must be absolute'],
    [
      'a place that a service can write to',
      [{ ...keys, path: '/var/lib/fairlead/keys' }],
      'files of secrets are below /etc',
    ],
    [
      'a unit',
      [{ ...keys, path: '/etc/systemd/system/a.service' }],
      '/etc/systemd has configuration',
    ],
    [
      "Nginx's configuration",
      [{ ...keys, path: '/etc/nginx/nginx.conf' }],
      '/etc/nginx/nginx.conf has configuration',
    ],
    [
      'one name twice',
      [pepper, { ...pepper, variable: 'B' }],
      'Two secrets have the name "pepper"',
    ],
    [
      'one path for two values',
      [keys, { ...keys, name: 'b' }],
      'have the same path /etc/fairlead/keys.json. Give each a variable',
    ],
    ['one variable twice', [pepper, { ...pepper, name: 'b' }], 'both set FAIRLEAD_PEPPER in'],
    [
      'two modes of one file',
      [pepper, { ...pepper, name: 'b', variable: 'B', mode: '0640' }],
      'have the modes 0600 and 0640',
    ],
    [
      'a folder that is a file',
      [keys, { ...keys, name: 'b', path: '/etc/fairlead/keys.json/b' }],
      'one path is a folder of the other',
    ],
    [
      'a variable that no service reads',
      [{ ...pepper, path: '/etc/fairlead/other' }],
      'which no service reads. Set gateway.service.secretsFile',
    ],
    [
      'a variable of the unit',
      [{ ...pepper, variable: 'FAIRLEAD_LISTEN' }],
      'and gateway.environment both set FAIRLEAD_LISTEN',
    ],
    ['a variable in its own source', [{ ...pepper, from: { file: secretsFile } }], 'is its path'],
  ])('%s is refused, with the fix', (_, secrets, message) => {
    const messages = problemsOf(withSecrets(secrets)).map((problem) => problem.message);
    expect(messages.join('\n')).toContain(message);
    expect(messages).toHaveLength(1);
  });

  it('are for hosts with systemd, and outside of working folders', () => {
    const [foreground] = problemsOf({ ...folderInput('/srv/app'), secrets: [keys] });
    expect(foreground?.message).toContain('layout.supervisor is "foreground"');
    const flask = { ...hostInput.flask, folder: '/etc/fairlead' };
    const messages = problemsOf(withSecrets([keys], { flask })).map(({ message }) => message);
    expect(messages.join('\n')).toContain(
      'secrets.0.path (/etc/fairlead/keys.json) is inside of it',
    );
  });
});

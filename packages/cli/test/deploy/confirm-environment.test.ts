import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { ChosenEnvironment } from '../../src/config/read-config.ts';
import { createContext } from '../../src/command-context.ts';
import {
  confirmEnvironment,
  confirmProtected,
  environmentNamed,
  type YesOption,
} from '../../src/deploy/confirm-environment.ts';

const chosen = (isProtected: boolean): ChosenEnvironment => ({
  name: 'production',
  environment: {
    hosts: [{ url: 'local' }],
    release: { entry: 'service.ts' },
    protected: isProtected,
  },
  deployment: {} as never,
  resolvePath: (path) => path,
});

/** A terminal on which `answer` is typed; undefined for a process without one. */
function terminal(answer: string | undefined) {
  const stdin = new PassThrough();
  let shown = '';
  const stderr = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      shown += chunk.toString();
      callback();
      if (!stdin.writableEnded && /\? \(yes\/no\) |to continue: /.test(shown)) {
        stdin.end(`${answer ?? ''}\n`);
      }
    },
  });
  const isTTY = answer !== undefined;
  const context = createContext({
    env: {},
    stdin: Object.assign(stdin, { isTTY }),
    stdout: new Writable(),
    stderr: Object.assign(stderr, { isTTY }),
    now: () => new Date(),
    userName: () => 'ada',
  });
  return { context, shown: () => shown };
}

/** Returns the code of the refusal; undefined if the change is confirmed. */
async function refusal(
  confirmation: { readonly named?: string | undefined; readonly yes?: YesOption },
  { isProtected, answer }: { readonly isProtected: boolean; readonly answer?: string },
  check = confirmEnvironment,
): Promise<unknown> {
  const { context } = terminal(answer);
  const { named, yes } = confirmation;
  return check(context, { chosen: chosen(isProtected), named, yes }, 'deploy').then(
    () => undefined,
    (error: unknown) => (error as { readonly code: string }).code,
  );
}

const REFUSED = 'ERR_CLI_NOT_CONFIRMED';

test('a protected environment needs its name, typed at the terminal', async () => {
  const { context, shown } = terminal('production');
  await confirmEnvironment(
    context,
    { chosen: chosen(true), named: 'production', yes: undefined },
    'deploy release 4f9a to 2 hosts of production',
  );
  expect(shown()).toContain(
    'This will deploy release 4f9a to 2 hosts of production. production is protected: type its name to continue: ',
  );
  for (const answer of ['yes', 'y', '', 'Production', 'staging']) {
    expect(await refusal({}, { isProtected: true, answer })).toBe(REFUSED);
  }
  expect(await refusal({}, { isProtected: true, answer: ' production ' })).toBeUndefined();
});

test.each([
  [true, 'production', 'production', undefined],
  [true, 'production', true, REFUSED],
  [true, undefined, 'production', REFUSED],
  [true, undefined, undefined, REFUSED],
  [true, 'production', 'staging', 'ERR_CLI_USAGE'],
  [false, undefined, true, undefined],
  [false, undefined, 'production', undefined],
  [false, 'production', 'staging', 'ERR_CLI_USAGE'],
  [false, undefined, undefined, REFUSED],
] as const)(
  'without a terminal, protected %s, named %j, --yes %j: %j',
  async (isProtected, named, yes, code) => {
    expect(await refusal({ named, yes }, { isProtected })).toBe(code);
  },
);

test('an environment that is not protected needs yes, or nothing for a change that needs no confirmation', async () => {
  expect(await refusal({}, { isProtected: false, answer: 'yes' })).toBeUndefined();
  expect(await refusal({}, { isProtected: false, answer: 'production' })).toBe(REFUSED);
  expect(await refusal({}, { isProtected: false }, confirmProtected)).toBeUndefined();
  expect(await refusal({}, { isProtected: true }, confirmProtected)).toBe(REFUSED);
  expect(await refusal({ yes: true }, { isProtected: true, answer: 'production' })).toBe(REFUSED);
});

test('a name after --yes is that of the environment', () => {
  expect(environmentNamed(undefined, 'staging')).toBe('staging');
  expect(environmentNamed('production', 'staging')).toBe('production');
  expect(environmentNamed(undefined, true)).toBeUndefined();
});

import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';

import {
  serializeUnit,
  type AbsolutePath,
  type RenderedFile,
  type Unit,
  type UnitSection,
} from '../../src/index.ts';
import { verifyUnits } from '../support/verify-units.ts';

const special = [
  ...['', ' ', '"', "'", '\\', '\\x41', '\\n', '$', '$HOME', '${HOME}', '$$', ';', '\\;', '{}'],
  ...['#', '%', '%h', '%%', '\n', '\nExecStart=/bin/false', '\r', '\t', '\x01', '\x7f', '\u0085'],
  ...['é', '漢', '😀', '=', '-', '@', '+', '!', '[Service]', '\u3000', '\ufeff'],
];

const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...special, 'a')).map((parts) => parts.join('')),
  )
  .filter((value) => !/[\0\p{Surrogate}\p{Noncharacter_Code_Point}]/u.test(value));

const path = '/etc/systemd/system/sample.service' as AbsolutePath;

/** Output of a real systemd about a unit, which must not have a warning. */
function dump(unit: Unit): string {
  const file: RenderedFile = {
    path,
    content: serializeUnit({ Unit: { Description: 'sample' }, ...unit }),
    mode: 0o644,
    role: 'systemd',
  };
  const options = { files: [file], programs: ['/opt/program'], verify: path };
  expect(verifyUnits(options)).toEqual({ status: 0, stdout: '', stderr: '' });
  return verifyUnits({ ...options, dump: true }).stdout;
}

const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Reads systemd's way to show a command: words, in double quotes where ASCII white space needs them, with C escapes. */
function shownWords(line: string): string[] {
  return Array.from(line.matchAll(/"((?:[^"\\]|\\.)*)"|([^ \t\n\r]+)/gs), ([, quoted, bare]) =>
    quoted === undefined
      ? (bare ?? '')
      : quoted.replaceAll(
          /\\(?:([0-7]{3})|(.))/gs,
          (_, octal: string | undefined, letter: string) =>
            octal === undefined
              ? (letters[letter] ?? letter)
              : String.fromCharCode(Number.parseInt(octal, 8)),
        ),
  );
}

describe('serializeUnit, read by a real systemd', () => {
  it('writes every variable so that systemd reads it back byte for byte', () => {
    const texts = [...special, ...fc.sample(text, 300)];
    const environment = Object.fromEntries(texts.map((value, index) => [`V${index}`, value]));
    const shown = dump({ Service: { ExecStart: ['/opt/program'], Environment: environment } });
    const wanted = texts.map((value, index) => `\t\tEnvironment: V${index}=${value}\n`).join('');
    expect(shown).toContain(wanted);
  });

  it('writes every argument of a command so that systemd reads it back', () => {
    const texts = [...special, ...fc.sample(text, 300)];
    const shown = dump({ Service: { ExecStart: ['/opt/program', ...texts] } });
    const [, line = ''] = /Command Line: (.*)\n/.exec(shown) ?? [];
    // systemd keeps "$$" until it starts the program, and turns it into "$" only then.
    expect(shownWords(line)).toEqual([
      '/opt/program',
      ...texts.map((value) => value.replaceAll('$', '$$$$')),
    ]);
  });

  it('writes every path of a list so that systemd reads it back', () => {
    const paths = ['/srv/a b', '/srv/50%', '/srv/"quoted"', '/srv/größe'];
    const shown = dump({
      Service: { ExecStart: ['/opt/program'], ReadWritePaths: paths, ReadOnlyPaths: ['/a%b'] },
    });
    const [, line = ''] = /ReadWritePaths: (.*)\n/.exec(shown) ?? [];
    expect(line).toBe(paths.join(' '));
    expect(shown).toContain('ReadOnlyPaths: /a%b\n');
  });

  it('writes the rest of a line so that systemd reads it back without expansion', () => {
    const shown = dump({
      Unit: { Description: '50% of "this" \\x41 $HOME; # é' },
      Service: { ExecStart: ['/opt/program'], WorkingDirectory: '/srv/a b 50% "c"' },
    });
    expect(shown).toContain('Description: 50% of "this" \\x41 $HOME; # é\n');
    expect(shown).toContain('WorkingDirectory: /srv/a b 50% "c"\n');
  });

  it('writes durations, modes and sizes that systemd reads with the same values', () => {
    const shown = dump({
      Service: {
        ExecStart: ['/opt/program'],
        RestartSec: 250,
        TimeoutStartSec: 90_000,
        UMask: 0o077,
        MemoryMax: 1024 ** 3,
        PrivateTmp: true,
      },
    });
    expect(shown).toContain('RestartSec: 250ms\n');
    expect(shown).toContain('TimeoutStartSec: 1min 30s\n');
    expect(shown).toContain('UMask: 0077\n');
    expect(shown).toContain('MemoryMax: 1073741824\n');
    expect(shown).toContain('PrivateTmp: yes\n');
  });
});

describe('serializeUnit', () => {
  it.each<[string, Unit]>([
    ['NUL', { Service: { Environment: { A: '\0' } } }],
    ['a lone surrogate', { Service: { Environment: { A: '\ud800' } } }],
    ['a noncharacter', { Service: { Environment: { A: '\ufffe' } } }],
    ['a name that is none', { Service: { Environment: { 'A B': '1' } } }],
    ['a second line', { Unit: { Description: 'a\nExecStart=/bin/sh' } }],
    ['a line that continues', { Unit: { Description: 'a\\' } }],
    ['white space that would be lost', { Unit: { Description: ' a' } }],
    ['a prefix of the program', { Service: { ExecStart: ['+/bin/sh'] } }],
    ['a program without a path', { Service: { ExecStart: ['node'] } }],
    ['half a byte', { Service: { MemoryMax: 0.5 } }],
  ])('refuses %s', (_, unit) => {
    expect(() => serializeUnit(unit)).toThrow(
      expect.objectContaining({ name: 'DeployConfigError', code: 'ERR_SYSTEMD_VALUE' }),
    );
  });

  it('refuses a misspelled directive, which systemd would ignore, and suggests the right one', () => {
    const section: object = { ExecStrat: ['/opt/program'] };
    expect(() => serializeUnit({ Service: section })).toThrow(
      expect.objectContaining({
        code: 'ERR_SYSTEMD_DIRECTIVE',
        message:
          'Section "Service" has no directive "ExecStrat" that is supported. Did you mean `ExecStart`?',
      }),
    );
    const unit: object = { Servcie: {} };
    expect(() => serializeUnit(unit)).toThrow(/no section "Servcie".*`Service`/);
  });

  it('writes sections and directives in the order given', () => {
    const unit = { Service: { Type: 'exec', ExecStop: [] }, Install: { WantedBy: ['a', 'b'] } };
    expect(serializeUnit(unit)).toBe(
      '[Service]\nType=exec\nExecStop=\n\n[Install]\nWantedBy=a b\n',
    );
  });

  it('has a type for each directive', () => {
    expectTypeOf<UnitSection<'Service'>['ExecStart']>().toEqualTypeOf<
      readonly string[] | undefined
    >();
    expectTypeOf<UnitSection<'Service'>['TimeoutStopSec']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<UnitSection<'Unit'>>().not.toHaveProperty('ExecStart');
  });
});

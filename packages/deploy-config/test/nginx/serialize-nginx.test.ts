import { Buffer } from 'node:buffer';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '@fairlead/test-support';
import {
  block,
  defineDeployment,
  directive,
  renderNginx,
  serializeNginx,
  variable,
  type NginxDirective,
} from '../../src/index.ts';
import { send } from '../support/http-answer.ts';
import { folderInput } from '../support/sample-deployment.ts';
import { startNginx } from '../support/start-nginx.ts';

const special = [
  '',
  ' ',
  '"',
  "'",
  '\\',
  '\\n',
  '\\\\"',
  '$',
  '$host',
  '${host}',
  '$$',
  '${fairlead_dollar}',
  ';',
  '; return 500;',
  '}',
  '{}',
  '# no comment',
  'a\nb',
  '\r\n',
  '\t',
  '%',
  '%41',
  'é',
  '漢字',
  '😀',
  '\x01\x1b\x7f',
  '"; } server { listen 1; } #',
];

const fragment = fc.constantFrom(...special, 'a', 'return', '1', '/');
const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fragment).map((parts) => parts.join('')),
  )
  .filter((value) => !value.includes('\0'));

async function answersOf(
  texts: readonly string[],
  contentOf: (value: string) => readonly NginxDirective[],
) {
  const folder = temporaryFolder();
  const socketPath = join(folder, 's');
  const input = folderInput(folder);
  const deployment = defineDeployment({
    ...input,
    nginx: { ...input.nginx, listen: { scheme: 'http', address: `unix:${socketPath}` } },
  });
  const content = serializeNginx([
    directive('daemon', 'off'),
    ...('user' in input.nginx ? [directive('user', input.nginx.user)] : []),
    directive('pid', join(folder, 'pid')),
    block('events', [], []),
    block(
      'http',
      [],
      [
        directive('access_log', 'off'),
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
          directive(`${name}_temp_path`, join(folder, name)),
        ),
        block(
          'server',
          [],
          [
            directive('listen', `unix:${socketPath}`),
            directive('default_type', 'text/plain'),
            ...texts.map((value, index) => block('location', ['=', `/${index}`], contentOf(value))),
          ],
        ),
      ],
    ),
  ]);
  const nginx = await startNginx({
    deployment,
    file: { ...renderNginx(deployment), content },
    address: { path: socketPath },
  });
  const answers = await Promise.all(
    texts.map((_, index) => send({ socketPath, path: `/${index}` })),
  );
  await nginx.stop('SIGQUIT');
  return answers;
}

describe('serializeNginx, read by a real Nginx', () => {
  it('writes every text of a body so that Nginx returns it byte for byte', async () => {
    const texts = [...special, ...fc.sample(text, 300)];
    const answers = await answersOf(texts, (value) => [directive('return', 200, value)]);
    expect(answers.map(({ body }) => body)).toEqual(texts.map((value) => Buffer.from(value)));
  });

  it('writes every text beside a variable so that Nginx returns it byte for byte', async () => {
    const texts = [...special, ...fc.sample(text, 100)];
    const method = variable('request_method');
    const answers = await answersOf(texts, (value) => [
      directive('return', 200, [value, method, value]),
    ]);
    expect(answers.map(({ body }) => body)).toEqual(
      texts.map((value) => Buffer.from(`${value}GET${value}`)),
    );
  });

  it('writes every header value so that Nginx returns it, and refuses text that would start another header', async () => {
    const printable = [...special, ...fc.sample(text, 100)].filter(
      // HTTP itself takes away white space around a header's value.
      (value) => value.trim() === value && value !== '' && !/[^\P{Cc}\t]/u.test(value),
    );
    const answers = await answersOf(printable, (value) => [
      directive('add_header', 'X-Text', value),
      directive('return', 204),
    ]);
    expect(answers.map(({ headers }) => Buffer.from(String(headers['x-text']), 'latin1'))).toEqual(
      printable.map((value) => Buffer.from(value)),
    );
    for (const value of ['a\r\nSet-Cookie: x', 'a\nb', '\x07']) {
      expect(() => serializeNginx([directive('add_header', 'X-Text', value)])).toThrow(
        expect.objectContaining({ code: 'ERR_NGINX_VALUE' }),
      );
      expect(() => serializeNginx([directive('return', 302, value)])).toThrow(
        expect.objectContaining({ code: 'ERR_NGINX_VALUE' }),
      );
    }
  });

  it('keeps a "$" in a path where Nginx expands nothing', async () => {
    const [answer] = await answersOf(['x'], () => [
      directive('client_body_temp_path', join(temporaryFolder(), 'costs $5 {}')),
      directive('return', 200, 'ok'),
    ]);
    expect(answer?.body.toString()).toBe('ok');
  });
});

describe('serializeNginx', () => {
  it('does not quote plain words, and quotes the rest', () => {
    expect(
      serializeNginx([
        directive('pid', '/run/nginx.pid'),
        directive('error_log', '/a b'),
        directive('server_name', ''),
      ]),
    ).toBe('pid /run/nginx.pid;\nerror_log "/a b";\nserver_name "";\n');
  });

  it.each([
    ['NUL', directive('return', 200, 'a\0b')],
    ['a lone surrogate', directive('return', 200, '\ud800')],
    ['more than Nginx reads', directive('return', 200, 'x'.repeat(4_001))],
    ['a "$" where expansion is unknown', directive('some_module', '$5')],
    ['a directive that is not a name', directive('return 500; #', 'x')],
    ['a variable that is not a name', directive('return', 200, variable('host; #'))],
    ['a number that is not finite', directive('keepalive', Number.NaN)],
    ['a "$" without an http block', directive('return', 200, '$')],
  ])('refuses %s', (_, entry) => {
    expect(() => serializeNginx([entry])).toThrow(
      expect.objectContaining({ name: 'DeployConfigError', code: 'ERR_NGINX_VALUE' }),
    );
  });
});

import { chmodSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, it } from 'vitest';

import { freePort, temporaryFolder } from '@fairlead/test-support';
import { startProgram, untilListening } from './support/child-program.ts';
import { send } from './support/http-answer.ts';
import { program } from './support/program.ts';

const packageFolder = resolve(import.meta.dirname, '..');

it('the example of the README runs a real Nginx in front of a plain Express service', async () => {
  const readme = readFileSync(resolve(packageFolder, 'README.md'), 'utf8');
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(15);

  const folder = temporaryFolder();
  // Started by root, Nginx's workers are another account.
  chmodSync(folder, 0o755);
  const [nginxPort, service] = [await freePort(), await freePort()];
  const code = example
    .replaceAll('/tmp/my-service', folder)
    .replaceAll('8080', String(nginxPort))
    .replaceAll('3000', String(service));
  const node = startProgram(
    [
      process.execPath,
      '--conditions=@fairlead/source',
      ...['--input-type=module-typescript', '--eval', code],
    ],
    { cwd: packageFolder },
  );
  await untilListening(node, { host: '127.0.0.1', port: service });
  await expect.poll(node.output).toMatch(/^nginx .+\n/m);
  const [, line = ''] = /^nginx (.+)$/m.exec(node.output()) ?? [];
  const nginx = startProgram([program('nginx'), ...line.split(' ')]);
  await untilListening(nginx, { host: '127.0.0.1', port: nginxPort });

  const answer = await send({ host: '127.0.0.1', port: nginxPort, path: '/hello' });
  expect(answer.status).toBe(404);
  expect(answer.body.toString()).toContain('Cannot GET /hello');
  expect(answer.headers).toMatchObject({ server: 'nginx', 'x-powered-by': 'Express' });
  expect(await nginx.stop('SIGQUIT')).toBe(0);
});

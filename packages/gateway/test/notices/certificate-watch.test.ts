import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { CertificateWatch } from '../../src/notices/certificate-watch.ts';

const DAY_MS = 86_400_000;

/** Writes a certificate that is valid from now for 90 days. */
function writeCertificate(file: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=a.example', '-days', '90', '-keyout', `${file}.key`];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', file], { stdio: 'ignore' });
}

test('a certificate causes notices from three weeks before its end, when it is over, and when it is renewed', async () => {
  const file = join(temporaryFolder(), 'server.pem');
  writeCertificate(file);
  const calls: string[] = [];
  const names = new Set<string>();
  let nowMs = Date.now();
  const watch = new CertificateWatch({
    ...{ files: [file], days: 21, now: () => nowMs },
    notifier: {
      report: ({ summary, severity = '', name = '' }) => {
        names.add(name);
        calls.push(`${severity}: ${summary}`);
      },
      resolve: ({ kind, name = '' }) => {
        names.add(name);
        calls.push(`${kind} resolved`);
      },
    },
  });
  const startMs = nowMs;
  // Half a day more, because the certificate counts whole seconds.
  for (const day of [0, 68, 69.5, 87.5, 91]) {
    nowMs = startMs + day * DAY_MS;
    await watch.check();
  }
  expect(calls).toEqual([
    'certificate resolved',
    'certificate resolved',
    'warning: The certificate server.pem expires in 20 days',
    'error: The certificate server.pem expires in 2 days',
    'error: The certificate server.pem has expired',
  ]);
  nowMs = startMs;
  writeCertificate(file);
  await watch.check();
  expect(calls.at(-1)).toBe('certificate resolved');
  expect([...names]).toEqual([file.replaceAll('/', ':')]);
});

test('a file that is missing or no certificate causes a notice, and none of its content is in it', async () => {
  const folder = temporaryFolder();
  const damaged = join(folder, 'damaged.pem');
  writeFileSync(damaged, 'PLANTED');
  const raised: unknown[] = [];
  const watch = new CertificateWatch({
    ...{ files: [join(folder, 'missing.pem'), damaged], days: 21 },
    notifier: { report: (condition) => raised.push(condition), resolve: () => undefined },
  });
  await watch.check();
  expect(raised).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        summary: 'The certificate missing.pem can not be read',
        details: expect.objectContaining({ code: 'ENOENT' }) as unknown,
      }),
      expect.objectContaining({ summary: 'The certificate damaged.pem can not be read' }),
    ]),
  );
  expect(JSON.stringify(raised)).not.toContain('PLANTED');
});

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';

import type { CertificatePlan } from '../../state/certificate-plan.ts';
import { hostError } from '../host-error.ts';
import type { HostPaths } from '../host-paths.ts';
import { readManifest } from '../read-manifest.ts';
import { runProgram } from '../run-program.ts';
import { readIfThere, replaceFile } from '../secrets/replace-file.ts';
import { currentDigest } from '../switch-release.ts';
import { PLACEHOLDER } from './placeholder.ts';

/** Days below which a certificate is a failure: certbot renews 30 days before the end. */
const MIN_DAYS = 14;
const DAY_MS = 86_400_000;
const STATSD_PORT = 8125;
/** Exists from before a certificate is replaced until Nginx is reloaded; a reboot loads it as well. */
const RELOAD_DUE = '/run/fairlead-deploy/certificate-reload';
const CERTBOT_TIMEOUT_MS = 600_000;

/** Result of a check of the certificate. */
export interface CertificateReport {
  /** Days until the certificate ends, rounded down. */
  readonly daysLeft: number;
  /** `true` if Nginx was reloaded with another certificate. */
  readonly renewed: boolean;
}

/**
 * Obtains or renews the certificate of the release that runs, when it is due, reloads Nginx with it, and reports the days left.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` with the output of certbot, or when the certificate ends soon
 */
export async function renewCertificate(paths: HostPaths): Promise<CertificateReport> {
  const current = await currentDigest(paths);
  const manifest = current === undefined ? undefined : await readManifest(paths, current);
  const plan = manifest?.certificate;
  if (manifest === undefined || plan === undefined) {
    throw hostError('No release with a certificate runs on this host.');
  }
  const problem = plan.acme && (await runCertbot(plan.acme, manifest.name));
  const renewed = plan.acme ? await install(plan, manifest.name) : false;
  const certificate = new X509Certificate(await readFile(plan.file));
  const isPlaceholder = certificate.subject.includes(PLACEHOLDER);
  const left = Math.floor((Date.parse(certificate.validTo) - Date.now()) / DAY_MS);
  const daysLeft = isPlaceholder ? 0 : left;
  if (plan.metric) await sendMetric(manifest.name, daysLeft);
  if (problem !== undefined) throw hostError(problem);
  if (daysLeft < MIN_DAYS) {
    throw hostError(
      `The certificate ${plan.file} ends in ${daysLeft} days. Replace it, and run systemctl reload nginx.`,
    );
  }
  return { daysLeft, renewed };
}

/** Returns the end of certbot's output if it fails. */
async function runCertbot(
  { email, directory, authorityFile, webroot, names }: NonNullable<CertificatePlan['acme']>,
  name: string,
): Promise<string | undefined> {
  const args = [
    ...['certonly', '--non-interactive', '--agree-tos', '--no-eff-email', '--email', email],
    ...['--webroot', '--webroot-path', webroot, '--server', directory, '--cert-name', name],
    ...['--keep-until-expiring', '--expand', '--renew-with-new-domains'],
    ...names.flatMap((each) => ['--domain', each]),
  ];
  const variables = authorityFile === undefined ? {} : { REQUESTS_CA_BUNDLE: authorityFile };
  const program = ['env', ...Object.entries(variables).map(([key, value]) => `${key}=${value}`)];
  const [first = '', ...rest] = [...program, 'certbot', ...args];
  const { code, stdout, stderr } = await runProgram(first, rest, CERTBOT_TIMEOUT_MS);
  if (code === 0) return undefined;
  const output = `${stdout}\n${stderr}`.trim().slice(-1_500);
  return `certbot failed (${code}) for ${names.join(', ')}. Each name must lead to this host, with port 80 open: ${output}`;
}

/** Copies what certbot has issued, if it differs, and reloads Nginx: requests in progress end in its old workers. */
async function install({ file, keyFile }: CertificatePlan, name: string): Promise<boolean> {
  const folder = `/etc/letsencrypt/live/${name}`;
  const chain = await readIfThere(`${folder}/fullchain.pem`);
  const key = await readIfThere(`${folder}/privkey.pem`);
  if (chain === undefined || key === undefined) return false;
  const [before, keyBefore] = [await readIfThere(file), await readIfThere(keyFile)];
  const isDue = existsSync(RELOAD_DUE);
  const isSame =
    before?.content.equals(chain.content) === true &&
    keyBefore?.content.equals(key.content) === true;
  if (isSame && !isDue) return false;
  if (!new X509Certificate(chain.content).checkPrivateKey(createPrivateKey(key.content))) {
    throw hostError(`The files of ${folder} don't belong together.`);
  }
  const owner = { uid: 0, gid: 0 };
  // Nginx would work with the old certificate to its end if it weren't reloaded after an interruption.
  await replaceFile(RELOAD_DUE, Buffer.from(''), { ...owner, mode: 0o600 });
  await replaceFile(keyFile, key.content, { ...owner, mode: 0o600 });
  await replaceFile(file, chain.content, { ...owner, mode: 0o644 });
  const { code, stderr } = await runProgram('systemctl', ['reload', 'nginx.service']);
  if (code !== 0) throw hostError(`Nginx can't be reloaded: ${stderr.trim()}`);
  await rm(RELOAD_DUE, { force: true });
  return true;
}

/** Sends the days left to the CloudWatch agent, which takes gauges of StatsD on this host. */
async function sendMetric(name: string, daysLeft: number): Promise<void> {
  const socket = createSocket('udp4');
  // A host without a running agent refuses it: the alarm is about missing data then.
  socket.on('error', () => undefined);
  socket.send(
    `certificate_days_left:${daysLeft}|g|#deployment:${name}`,
    STATSD_PORT,
    '127.0.0.1',
    () => {
      socket.close();
    },
  );
  await once(socket, 'close');
}

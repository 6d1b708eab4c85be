import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Notifier } from '@fairlead/monitoring';
import type { Settings } from '../settings/settings.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const CRITICAL_DAYS = 3;

/** Options of {@link CertificateWatch}. */
export interface CertificateWatchOptions {
  /** Paths of PEM files; of a chain the first certificate counts, which is that of the server. */
  readonly files: readonly string[];
  /** Days before the end of a certificate. */
  readonly days: number;
  readonly notifier: Pick<Notifier, 'report' | 'resolve'>;
  /**
   * Clock, in milliseconds since the epoch.
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
}

/** Notifies people of certificates that are near their end, or can't be read. */
export class CertificateWatch {
  readonly #options: Required<CertificateWatchOptions>;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CertificateWatchOptions) {
    this.#options = { now: Date.now, ...options };
  }

  /** Checks now, and then every hour. */
  start(): void {
    const check = (): void => {
      void this.check();
    };
    check();
    this.#timer = setInterval(check, HOUR_MS).unref();
  }

  /** Checks every certificate; never rejects. */
  async check(): Promise<void> {
    await Promise.all(this.#options.files.map((file) => this.#checkFile(file)));
  }

  /** Ends the checks. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #checkFile(file: string): Promise<void> {
    const { notifier, days, now } = this.#options;
    // The name of a condition has no slashes; the end of a long path distinguishes it.
    const name = file.replaceAll(/[^\w.-]/g, ':').slice(-128);
    const subject = { kind: 'certificate', name } as const;
    const base = basename(file);
    let endMs: number;
    try {
      endMs = Date.parse(new X509Certificate(await readFile(file)).validTo);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      const summary = `The certificate ${base} can not be read`;
      notifier.report({ ...subject, summary, severity: 'warning', details: { file, code } });
      return;
    }
    const left = Math.floor((endMs - now()) / DAY_MS);
    if (left >= days) {
      notifier.resolve(subject);
      return;
    }
    notifier.report({
      ...subject,
      severity: left < CRITICAL_DAYS ? 'error' : 'warning',
      summary:
        endMs <= now()
          ? `The certificate ${base} has expired`
          : `The certificate ${base} expires in ${left === 1 ? '1 day' : `${left} days`}`,
      details: { file, expires: new Date(endMs).toISOString() },
    });
  }
}

/** Starts to watch the certificates of the settings; undefined without any. */
export function watchCertificates(
  { noticeCertificates: files = [], noticeCertificateDays: days }: Settings,
  notifier: CertificateWatchOptions['notifier'],
): CertificateWatch | undefined {
  if (files.length === 0) return undefined;
  const watch = new CertificateWatch({ files, days, notifier });
  watch.start();
  return watch;
}

import { checkFunction, checkOptions, rejectOption } from '../../check-options.ts';
import { MonitoringError } from '../../monitoring-error.ts';
import type { OptionNames } from '../../options-problem.ts';
import { errorCode } from '../failure-reason.ts';
import type { NoticeDestination } from '../notice.ts';
import { isRefusal } from '../status-kind.ts';
import { parseDsn } from './parse-dsn.ts';
import { sentryEnvelope } from './sentry-envelope.ts';

/** Options of {@link sentryDestination}. */
export interface SentryDestinationOptions {
  /** DSN of a project of Sentry, GlitchTip or another server with envelopes: `https://public-key@host/project`. */
  readonly dsn: string;
  /** Environment of the events, such as `production`. */
  readonly environment?: string;
  /** Release of the events. */
  readonly release?: string;
  /**
   * Name in logs and results.
   *
   * @defaultValue `sentry` and the host of the DSN
   */
  readonly name?: string;
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof globalThis.fetch;
}

const optionNames: OptionNames<SentryDestinationOptions> = {
  dsn: 'required',
  environment: 'optional',
  release: 'optional',
  name: 'optional',
  fetch: 'optional',
};

const CLIENT = 'fairlead-monitoring/0.1';

/**
 * Creates a destination that sends notices as events to a Sentry-compatible server. It writes the envelopes itself and needs no SDK.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`; its message doesn't contain the DSN.
 *
 * @example
 * ```ts
 * import { sentryDestination } from '@fairlead/monitoring';
 *
 * console.log(sentryDestination({ dsn: 'https://key@errors.example/7' }).name); // sentry errors.example
 * ```
 */
export function sentryDestination(options: SentryDestinationOptions): NoticeDestination {
  const {
    dsn,
    environment,
    release,
    name,
    fetch = globalThis.fetch,
  } = checkOptions('sentryDestination', options, optionNames);
  for (const [option, value] of Object.entries({ environment, release, name })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      rejectOption(option, 'a text that is not empty', value);
    }
  }
  checkFunction('fetch', fetch);
  const { url, host, publicKey } = parseDsn(dsn);
  return {
    name: name ?? `sentry ${host}`,
    async send(notice, signal) {
      const status = await post(fetch, url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-sentry-envelope',
          'x-sentry-auth': `Sentry sentry_version=7, sentry_client=${CLIENT}, sentry_key=${publicKey}`,
        },
        body: sentryEnvelope(notice, { environment, release }),
        redirect: 'manual',
        signal,
      });
      if (status >= 200 && status < 300) return;
      throw new MonitoringError(
        isRefusal(status) ? 'ERR_MONITORING_NOTICE_REJECTED' : 'ERR_MONITORING_NOTICE_UNAVAILABLE',
        `status ${status}`,
      );
    },
  };
}

async function post(
  fetch: typeof globalThis.fetch,
  url: string,
  init: RequestInit,
): Promise<number> {
  try {
    const response = await fetch(url, init);
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    // The cause of the error may name the URL.
    const reason = errorCode(error) ?? 'the connection failed';
    throw new MonitoringError('ERR_MONITORING_NOTICE_UNAVAILABLE', reason);
  }
}

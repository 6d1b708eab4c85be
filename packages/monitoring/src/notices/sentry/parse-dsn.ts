import { MonitoringError } from '../../monitoring-error.ts';

/** Parts of a DSN. */
export interface Dsn {
  /** URL that envelopes are sent to. */
  readonly url: string;
  readonly host: string;
  readonly publicKey: string;
}

/**
 * Reads a DSN: `https://public-key@host/path/project`.
 *
 * Source: https://develop.sentry.dev/sdk/foundations/transport/authentication/
 *
 * @throws MonitoringError `ERR_MONITORING_INVALID_OPTION`; the message doesn't contain the DSN.
 */
export function parseDsn(dsn: unknown): Dsn {
  const url = typeof dsn === 'string' ? URL.parse(dsn) : null;
  const [, path = '', project] = /^(.*)\/([\w-]{1,64})$/.exec(url?.pathname ?? '') ?? [];
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isHttp || project === undefined || !/^\w{1,128}$/.test(url.username)) {
    throw new MonitoringError(
      'ERR_MONITORING_INVALID_OPTION',
      'Option dsn: expected https://public-key@host/project as the settings of a Sentry project show it; the given one is not shown, because it is a credential.',
    );
  }
  return {
    url: `${url.origin}${path}/api/${project}/envelope/`,
    host: url.host,
    publicKey: url.username,
  };
}

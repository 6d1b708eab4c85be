import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import { checkInteger, checkList, checkOptions, rejectOption } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import type { Middleware, Next } from './middleware.ts';

/** Sources that a page may load from; everything else is forbidden. */
export interface PageSources {
  /** For example `'self'` or the result of {@link contentHash}. */
  readonly styles?: readonly string[];
  /** For example `'self'` or the result of {@link contentHash}. */
  readonly scripts?: readonly string[];
  /** For example `'self'` or `data:`. */
  readonly images?: readonly string[];
  /** Destinations of requests of the page's scripts, for example `'self'`. */
  readonly connections?: readonly string[];
}

/** Options of {@link secureHeaders}. */
export interface SecureHeadersOptions {
  /**
   * Sources that the response may load from, if it is an HTML page.
   * @defaultValue none: the headers for a JSON API
   */
  readonly page?: PageSources;
  /**
   * Time for which browsers must use TLS, in seconds; 0 leaves `Strict-Transport-Security` to the proxy.
   * @defaultValue 63072000 (two years: Mozilla's recommendation)
   */
  readonly strictTransportSeconds?: number;
}

const optionNames: OptionNames<SecureHeadersOptions> = {
  page: 'optional',
  strictTransportSeconds: 'optional',
};

const pageNames: OptionNames<PageSources> = {
  styles: 'optional',
  scripts: 'optional',
  images: 'optional',
  connections: 'optional',
};

/** `'self'`, a hash, an https origin, or `data:`; no source that would allow inline code in general, or any host. */
const allowedSource =
  /^(?:'self'|'sha(?:256|384|512)-[A-Za-z0-9+/]{43,86}={0,2}'|https:\/\/[a-z0-9.-]+(?::\d{1,5})?|data:)$/;

/**
 * Creates middleware that sets the security headers (helmet) for a JSON API, or for an HTML page with the given sources.
 *
 * The middleware for a page may run after the one for the API: the last one wins.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if a source would weaken the policy, or an option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { contentHash, secureHeaders } from '@fairlead/security';
 *
 * const api = secureHeaders();
 * const page = secureHeaders({ page: { scripts: [contentHash('start()')] } });
 * console.log(api.length, page.length); // 3 3
 * ```
 */
export function secureHeaders(options: SecureHeadersOptions = {}): Middleware {
  const { page, strictTransportSeconds = 63_072_000 } = checkOptions(
    'secureHeaders',
    options,
    optionNames,
  );
  if (page !== undefined) checkOptions('secureHeaders page', page, pageNames);
  checkInteger('strictTransportSeconds', strictTransportSeconds, 0, 3_153_600_000);
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        ...sources('style-src', 'page.styles', page?.styles),
        ...sources('script-src', 'page.scripts', page?.scripts),
        ...sources('img-src', 'page.images', page?.images),
        ...sources('connect-src', 'page.connections', page?.connections),
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity:
      strictTransportSeconds === 0
        ? false
        : { maxAge: strictTransportSeconds, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
    // These two apply to documents, which a response of the API is not.
    crossOriginOpenerPolicy: page !== undefined,
    originAgentCluster: page !== undefined,
    // Their threats (Flash, Internet Explorer, XSS auditors) no longer exist, or load nothing under this policy.
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  const headers = [['Cache-Control', 'no-store'] as const, ...headersOf(setHeaders)];
  return function secureHeadersMiddleware(_req: IncomingMessage, res: ServerResponse, next: Next) {
    for (const [name, value] of headers) res.setHeader(name, value);
    // Express sets it earlier.
    res.removeHeader('X-Powered-By');
    next();
  };
}

/** Returns the headers that middleware sets, read once: with these settings no header depends on the request. */
function headersOf(setHeaders: Middleware): readonly (readonly [string, string])[] {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  setHeaders(req, res, (error) => {
    if (error) throw error as Error;
  });
  return res.getHeaderNames().map((name) => [name, String(res.getHeader(name))]);
}

function sources(
  directive: string,
  option: string,
  values: readonly string[] = [],
): Record<string, readonly string[]> {
  checkList(option, 'a list of sources', values);
  for (const value of values) {
    const isDataScript = value === 'data:' && directive !== 'img-src';
    if (!allowedSource.test(value) || isDataScript) {
      rejectOption(option, `'self', a hash from contentHash() or an https origin`, value);
    }
  }
  return values.length === 0 ? {} : { [directive]: values };
}

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import { checkInteger, refuseOption } from './check-option.ts';
import type { Middleware, Next } from './middleware.ts';

/** What a page may load; everything else stays forbidden. */
export interface PageSources {
  /** For example `'self'` or the result of {@link contentHash}. */
  readonly styles?: readonly string[];
  /** For example `'self'` or the result of {@link contentHash}. */
  readonly scripts?: readonly string[];
  /** For example `'self'` or `data:`. */
  readonly images?: readonly string[];
  /** Where scripts of the page may send requests, for example `'self'`. */
  readonly connections?: readonly string[];
}

/** Settings of {@link secureHeaders}. */
export interface SecureHeadersOptions {
  /**
   * What the answer may load, if it is a page for people.
   * @defaultValue nothing: the settings for a JSON API
   */
  readonly page?: PageSources;
  /**
   * How long browsers must insist on TLS, in seconds; 0 leaves `Strict-Transport-Security` to the proxy.
   * @defaultValue 63072000 (two years: Mozilla's recommendation)
   */
  readonly strictTransportSeconds?: number;
}

/** `'self'`, a hash, an https origin, or `data:`; nothing that would allow inline code in general, or any host. */
const allowedSource =
  /^(?:'self'|'sha(?:256|384|512)-[A-Za-z0-9+/]{43,86}={0,2}'|https:\/\/[a-z0-9.-]+(?::\d{1,5})?|data:)$/;

/**
 * Makes the step that sets the security headers (helmet) for a JSON API, or for a page that names what it loads.
 *
 * A step for a page may run after one for the API: the last one wins.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` if a source would weaken the policy or a setting is out of range.
 */
export function secureHeaders({
  page,
  strictTransportSeconds = 63_072_000,
}: SecureHeadersOptions = {}): Middleware {
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
    // These two govern documents, and an answer of the API is none.
    crossOriginOpenerPolicy: page !== undefined,
    originAgentCluster: page !== undefined,
    // What these guarded against (Flash, Internet Explorer, XSS auditors) is gone, or loads nothing under this policy.
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  const headers = [['Cache-Control', 'no-store'] as const, ...headersOf(setHeaders)];
  return function secureHeadersMiddleware(_req: IncomingMessage, res: ServerResponse, next: Next) {
    for (const [name, value] of headers) res.setHeader(name, value);
    // Express has set it by now.
    res.removeHeader('X-Powered-By');
    next();
  };
}

/** What a middleware sets on every answer, asked once: with these settings nothing depends on the request. */
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
  for (const value of values) {
    const isDataScript = value === 'data:' && directive !== 'img-src';
    if (!allowedSource.test(value) || isDataScript) {
      refuseOption(option, `'self', a hash from contentHash() or an https origin`, value);
    }
  }
  return values.length === 0 ? {} : { [directive]: values };
}

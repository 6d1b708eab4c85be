import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { chain, contentHash, secureHeaders } from '../src/index.ts';
import { listen } from './support/listen.ts';

describe('secureHeaders', () => {
  it('sets the headers of a JSON API that loads nothing and cannot be framed', async () => {
    const { url } = await listen(
      chain(secureHeaders(), (_req, res) => {
        res.end('{}');
      }),
    );
    const { headers } = await fetch(url);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('strict-transport-security')).toBe('max-age=63072000');
  });

  it('lets a page load from its sources, and a later middleware replaces an earlier one', async () => {
    const css = 'body{color:#123}';
    const app = express();
    app.use(secureHeaders());
    const page = secureHeaders({
      page: { styles: [contentHash(css)], images: ["'self'", 'data:'], connections: ["'self'"] },
      strictTransportSeconds: 0,
    });
    app.get('/', page, (_req, res) => {
      res.type('html').send(`<style>${css}</style>`);
    });
    const { headers } = await request(app).get('/');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'sha256-3NukuEgz3eCqFp2865Fm74xAoTPS6ruvf41GmFVYVzg=';" +
        "img-src 'self' data:;connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('leaves Strict-Transport-Security to the proxy with 0 seconds', async () => {
    const app = express().use(secureHeaders({ strictTransportSeconds: 0 }));
    const { headers } = await request(app).get('/');
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  it.each([
    "'unsafe-inline'",
    "'unsafe-eval'",
    '*',
    'https:',
    'http://example.com',
    'https://*.example.com',
    "'self'; script-src *",
    "'self'\r\nX: y",
    'self',
    'data:',
    '',
  ])('refuses the weak script source %j at creation', (source) => {
    expect(() => secureHeaders({ page: { scripts: [source] } })).toThrow(/page\.scripts/);
  });

  it('refuses a duration out of range', () => {
    expect(() => secureHeaders({ strictTransportSeconds: -1 })).toThrow(/strictTransportSeconds/);
  });
});

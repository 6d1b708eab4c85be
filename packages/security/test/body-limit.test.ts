import express from 'express';
import fc from 'fast-check';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { bodyLimit, chain, problemErrors, rateLimit, type ChainStep } from '../src/index.ts';
import { listen } from './support/listen.ts';
import { exchange, RawClient } from './support/raw-client.ts';
import { echoLength } from './support/read-body.ts';

const limit = bodyLimit({ maxBodyBytes: 1000, mediaTypes: ['application/json'] });
const host = 'Host: localhost';
const json = 'Content-Type: application/json';

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** The JSON body at the end of a raw answer. */
function problemIn(answer: string): unknown {
  return JSON.parse(answer.slice(answer.lastIndexOf('\r\n\r\n') + 4));
}

describe('bodyLimit by the headers', () => {
  it('lets requests without a body pass, with any method', async () => {
    const { url } = await listen(chain(limit, echoLength));
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST']) {
      const response = await fetch(url, { method });
      expect([method, response.status]).toEqual([method, 200]);
    }
  });

  it('reads up to the limit and refuses one byte more before it is sent', async () => {
    const { url, port } = await listen(chain(limit, echoLength));
    const headers = { 'content-type': 'application/json' };
    const full = await fetch(url, { method: 'POST', headers, body: 'x'.repeat(1000) });
    expect(await full.json()).toEqual({ length: 1000 });
    const client = new RawClient(port);
    client.send('POST / HTTP/1.1', host, json, 'Content-Length: 1001', '', '');
    const answer = await client.until(/"error":".*"}/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(problemIn(answer)).toMatchObject({
      code: 'ERR_SECURITY_BODY_TOO_LARGE',
      detail: 'The body is larger than the accepted 1000 bytes; send less at once.',
    });
  });

  it('keeps the connection alive after refusing a body that is cheap to skip', async () => {
    const { port } = await listen(chain(limit, echoLength));
    const client = new RawClient(port);
    client.send('POST / HTTP/1.1', host, 'Content-Type: text/csv', 'Content-Length: 3', '', 'a,b');
    await client.until(/ 415 [^]*"error":".*"}/);
    client.send('POST / HTTP/1.1', host, json, 'Content-Length: 2', 'Connection: close', '', '{}');
    await client.closed;
    expect(client.received).toContain('{"length":2}');
  });

  it.each([
    'application/json',
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json ; charset="utf-8"',
    'application/json;',
    'application/json; ;',
    'application/json; charset=utf-8;',
    'application/json;;charset=utf-8',
    'application/json;CHARSET="UTF\\-8" ; ',
  ])('accepts %s', async (contentType) => {
    const { url } = await listen(chain(limit, echoLength));
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: '{}',
    });
    expect(response.status).toBe(200);
  });

  it.each([
    '',
    'text/plain',
    'application/jsonx',
    'application/json, text/plain',
    'application/json; charset=utf-7',
    'application/json; charset=utf-16le',
    'application/json; charset=',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; charset=utf-8; charset=utf-8',
    'application/json; boundary=x',
    'application/json; charset = utf-8',
    'application/json; charset="utf-8',
    'application/json; charset="utf-8";x',
    'application/json; charset="utf-7;charset=utf-8"',
    ';charset=utf-8',
    'application/*',
    '*/*',
    '__proto__',
    'application/json\u00e9',
  ])('refuses the media type %j with 415', async (contentType) => {
    const { port } = await listen(chain(limit, echoLength));
    const answer = await exchange(
      port,
      'POST / HTTP/1.1',
      host,
      `Content-Type: ${contentType}`,
      'Content-Length: 2',
      'Connection: close',
      '',
      '{}',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 415 [^]*\r\nAccept: application\/json\r\n/);
    expect(problemIn(answer)).toMatchObject({ code: 'ERR_SECURITY_MEDIA_TYPE' });
  });

  it('accepts a body without a media type only with allowMissingType', async () => {
    const lenient = bodyLimit({
      maxBodyBytes: 8,
      mediaTypes: ['application/json'],
      allowMissingType: true,
    });
    const send = async (step: typeof limit, ...headers: string[]) => {
      const { port } = await listen(chain(step, echoLength));
      const head = ['POST / HTTP/1.1', host, ...headers, 'Content-Length: 2', 'Connection: close'];
      return exchange(port, ...head, '', '{}');
    };
    expect(await send(limit)).toMatch(/^HTTP\/1\.1 415 /);
    expect(await send(lenient)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await send(lenient, 'Content-Type: ')).toMatch(/^HTTP\/1\.1 415 /);
    expect(await send(lenient, 'Content-Type: text/csv')).toMatch(/^HTTP\/1\.1 415 /);
  });

  it('never accepts a media type that was not listed', async () => {
    const { port, server } = await listen(chain(limit, echoLength));
    server.maxRequestsPerSocket = 1;
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).filter((text) => text.trim() !== ''),
        async (text) => {
          const answer = await exchange(
            port,
            'POST / HTTP/1.1',
            host,
            `Content-Type: application/json; ${text}`,
            'Content-Length: 2',
            'Connection: close',
            '',
            '{}',
          );
          expect(answer).toMatch(
            /^[;\s]*(?:charset=(?:utf-8|"utf-8")[;\s]*)?$/i.test(text)
              ? /^HTTP\/1\.1 200 /
              : /^HTTP\/1\.1 415 /,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses two media types, because a proxy may have used the other', async () => {
    const { port } = await listen(chain(limit, echoLength));
    const answer = await exchange(
      port,
      'POST / HTTP/1.1',
      host,
      json,
      'Content-Type: text/html',
      'Content-Length: 2',
      'Connection: close',
      '',
      '{}',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
  });

  it.each(['gzip', 'br', 'identity, gzip', 'GZIP', 'x-gzip', '', ',', 'constructor'])(
    'refuses the content encoding %j with 415',
    async (encoding) => {
      const { port } = await listen(chain(limit, echoLength));
      const answer = await exchange(
        port,
        'POST / HTTP/1.1',
        host,
        json,
        `Content-Encoding: ${encoding}`,
        'Content-Length: 2',
        'Connection: close',
        '',
        '{}',
      );
      expect(answer).toMatch(/^HTTP\/1\.1 415 [^]*\r\nAccept-Encoding: identity\r\n/);
      expect(problemIn(answer)).toMatchObject({ code: 'ERR_SECURITY_CONTENT_ENCODING' });
    },
  );

  it.each(['gzip', 'GZIP', 'x-gzip', 'X-GZip', 'gzip,', 'identity, gzip', 'identity'])(
    'lets a listed content encoding through: %j',
    async (encoding) => {
      const step = bodyLimit({
        maxBodyBytes: 10,
        mediaTypes: ['application/json'],
        contentEncodings: ['identity', 'gzip'],
      });
      const { url } = await listen(chain(step, echoLength));
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
      expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(200);
    },
  );

  it('rejects two content encodings, which no handler decodes', async () => {
    const step = bodyLimit({
      maxBodyBytes: 10,
      mediaTypes: ['application/json'],
      contentEncodings: ['identity', 'gzip'],
    });
    const { url } = await listen(chain(step, echoLength));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip, gzip' };
    expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(415);
  });

  it('refuses wrong options at creation', () => {
    const mediaTypes = ['application/json'];
    for (const maxBodyBytes of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => bodyLimit({ maxBodyBytes, mediaTypes })).toThrow(/maxBodyBytes/);
    }
    expect(() => bodyLimit({ maxBodyBytes: 1, mediaTypes: [] })).toThrow(/at least one/);
    for (const mediaType of ['json', 'application/*', 'application/json; charset=utf-8', '']) {
      expect(() => bodyLimit({ maxBodyBytes: 1, mediaTypes: [mediaType] })).toThrow(/mediaTypes/);
    }
    expect(() => bodyLimit({ maxBodyBytes: 1, mediaTypes, contentEncodings: [] })).toThrow(
      /contentEncodings/,
    );
  });
});

describe('bodyLimit against smuggling', () => {
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const attacks: readonly (readonly [string, readonly string[]])[] = [
    ['both framings', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['both framings, reversed', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['two lengths', ['Content-Length: 2', 'Content-Length: 60']],
    ['two equal lengths', ['Content-Length: 2', 'Content-Length: 2']],
    ['a list of lengths', ['Content-Length: 2, 2']],
    ['a signed length', ['Content-Length: +2']],
    ['a negative length', ['Content-Length: -2']],
    ['a hexadecimal length', ['Content-Length: 0x2']],
    ['a fraction', ['Content-Length: 2.0']],
    ['an empty length', ['Content-Length: ']],
    ['a length beyond 64 bits', [`Content-Length: ${'9'.repeat(40)}`]],
    ['another coding', ['Transfer-Encoding: gzip']],
    ['another coding before chunked', ['Transfer-Encoding: gzip, chunked']],
    ['chunked twice', ['Transfer-Encoding: chunked, chunked']],
    ['chunked twice in two lines', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['an obfuscated coding', ['Transfer-Encoding: xchunked']],
    ['a coding with a vertical tab', ['Transfer-Encoding: \x0bchunked']],
  ];

  it('refuses a chunked body over HTTP/1.0, which has no chunked coding', async () => {
    const { port } = await listen(chain(limit, echoLength, problemErrors()));
    const client = new RawClient(port);
    client.send('POST / HTTP/1.0', host, json, 'Transfer-Encoding: chunked', '', '0', '', '');
    await client.until(/^HTTP\/1\.1 \d{3} [^]*\r\n\r\n/);
    expect(client.received).toMatch(/^HTTP\/1\.1 (?:400|501) /);
    await client.closed;
  });

  /** Node's lenient parser misreads these and hides it, so no later check can detect it. */
  const onlyStrict: typeof attacks = [
    ['a folded line', ['X: y', ' Transfer-Encoding: chunked', 'Content-Length: 2']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
  ];

  it.each([
    ['strict', {}, [...attacks, ...onlyStrict]],
    ['lenient', { insecureHTTPParser: true }, attacks],
  ])(
    'never parses a second request in the body of the first (%s parser)',
    async (_kind, options, sent) => {
      const paths: string[] = [];
      const handler: ChainStep = (req, res) => {
        paths.push(req.url ?? '');
        return echoLength(req, res);
      };
      const { port } = await listen(
        chain(limit, handler, problemErrors({ onError: () => undefined })),
        options,
      );
      for (const [name, lines] of sent) {
        paths.length = 0;
        const client = new RawClient(port);
        client.send('POST /first HTTP/1.1', host, json, ...lines, '', '');
        client.send(`0\r\n\r\n${smuggled}`);
        // A refusal by the parser may end in a reset, which loses its plain 400.
        await client.until(/^HTTP\/1\.1 \d{3} [^]*\r\n\r\n/).catch(() => undefined);
        const status = /^(?:HTTP\/1\.1 (\d{3})|)/.exec(client.received)?.[1] ?? 'closed';
        client.socket.end();
        await client.closed;
        expect([name, status, paths]).toEqual([
          name,
          expect.stringMatching(/^(400|413|415|501|closed)$/),
          [],
        ]);
      }
    },
  );
});

describe('bodyLimit on a body of unknown length', () => {
  const head = ['POST / HTTP/1.1', host, json, 'Transfer-Encoding: chunked'];

  it('reads up to the limit', async () => {
    const { port } = await listen(chain(limit, echoLength));
    const answer = await exchange(
      port,
      ...head,
      'Connection: close',
      '',
      `${chunk('x'.repeat(400))}${chunk('y'.repeat(600))}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*{"length":1000}/);
  });

  it('keeps the connection alive after a body that was read to its end', async () => {
    const { port } = await listen(chain(limit, echoLength));
    const client = new RawClient(port).send(...head, '', `${chunk('x'.repeat(7))}0\r\n\r\n`);
    await client.until(/{"length":7}/);
    client.send(...head, 'Connection: close', '', `${chunk('x'.repeat(8))}0\r\n\r\n`);
    await client.closed;
    expect(client.received).toContain('{"length":8}');
  });

  it('refuses a body that was pipelined behind a request in progress', async () => {
    const errors: unknown[] = [];
    let answerFirst: (() => void) | undefined;
    const { port } = await listen(
      chain(limit, (req, res) => {
        req.on('error', (error) => errors.push(error)).resume();
        if (req.method === 'GET') answerFirst = () => res.end('first');
      }),
    );
    const client = new RawClient(port).send('GET / HTTP/1.1', host, '', '').send(...head, '', '');
    for (let count = 0; count < 5; count++) client.send(chunk('x'.repeat(600)));
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    answerFirst?.();
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 200 [^]*first[^]*HTTP\/1\.1 413 /);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SECURITY_BODY_TOO_LARGE' })]);
  });

  const readers: readonly (readonly [string, ChainStep])[] = [
    ['iterates', echoLength],
    [
      'listens to data and end only',
      (req, res) => {
        let length = 0;
        req.on('data', (data: Buffer) => (length += data.length));
        req.on('end', () => res.end(String(length)));
      },
    ],
    [
      'listens to readable',
      (req, res) => {
        req.on('readable', () => {
          while (req.read() !== null);
        });
        req.on('end', () => res.end());
      },
    ],
    ['does not read', () => undefined],
    [
      'begins to read later',
      (req, res) => {
        setTimeout(() => {
          req.on('error', () => undefined).on('data', () => undefined);
          req.on('end', () => res.end('looked whole'));
        }, 20);
      },
    ],
    ['is express.json', express.json({ limit: '1mb' }) as ChainStep],
  ];

  it.each(readers)('answers 413 and ends cleanly when the reader %s', async (name, reader) => {
    const { port } = await listen(
      chain(limit, reader, problemErrors({ onError: () => undefined })),
    );
    const client = new RawClient(port).send(...head, '', '');
    client.send(chunk('x'.repeat(900)));
    client.send(chunk('y'.repeat(101)));
    const answer = await client.until(/"error":".*"}/);
    expect([name, answer.slice(0, 13)]).toEqual([name, 'HTTP/1.1 413 ']);
    expect(answer).toMatch(/\r\nConnection: close\r\n/);
    expect(problemIn(answer)).toMatchObject({ code: 'ERR_SECURITY_BODY_TOO_LARGE' });
    client.send('0\r\n\r\n');
    expect(await client.closed).toBe('cleanly');
    expect(client.received).toBe(answer);
  });

  it('limits a body that arrived in one packet with its headers, before the middleware ran', async () => {
    const counting = rateLimit({ windowMs: 60_000, limit: 100 });
    const { port } = await listen(chain(counting, limit, echoLength));
    const answer = await exchange(port, ...head, '', `${chunk('x'.repeat(5000))}0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('counts bytes that were buffered before the middleware ran', async () => {
    let buffered = 0;
    const counting = rateLimit({ windowMs: 60_000, limit: 100 });
    const { port } = await listen(
      chain(counting, limit, (req) => {
        buffered = req.readableLength;
      }),
    );
    const client = new RawClient(port).send(...head, '', chunk('x'.repeat(600)));
    await expect.poll(() => buffered).toBe(600);
    client.send(chunk('x'.repeat(600)));
    expect(await client.until(/"error":".*"}/)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('responds to a client that sends without end, then stops it, with bounded memory', async () => {
    let buffered = 0;
    const { port, server } = await listen(
      chain(
        (req, _res, next) => {
          setInterval(() => {
            buffered = Math.max(buffered, req.readableLength);
          }, 5).unref();
          next();
        },
        limit,
        () => undefined,
      ),
    );
    const serverClosed = new Promise<number>((resolve) => {
      server.once('connection', (socket) => {
        socket.once('close', () => {
          resolve(socket.bytesRead);
        });
      });
    });
    const client = new RawClient(port).send(...head, '', '');
    const piece = chunk('z'.repeat(65_536));
    const flood = (): void => {
      while (!client.socket.destroyed && client.socket.write(piece));
    };
    client.socket.on('drain', flood);
    flood();
    const answer = await client.until(/"error":".*"}/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    // Reading stops soon: to read on would cost more than the refusal.
    expect(await serverClosed).toBeLessThan(600_000);
    expect(buffered).toBeLessThanOrEqual(1000);
  });

  it('lets the handler respond first', async () => {
    const { port } = await listen(
      chain(limit, async (req, res) => {
        try {
          await echoLength(req, res);
        } catch (error) {
          res.statusCode = 413;
          res.end(JSON.stringify({ error: (error as Error).message }));
        }
      }),
    );
    const client = new RawClient(port).send(...head, '', chunk('x'.repeat(1001)));
    const answer = await client.until(/"error":".*"}/);
    expect(problemIn(answer)).toEqual({
      error: 'The body is larger than the accepted 1000 bytes; send less at once.',
    });
    client.send('0\r\n\r\n');
    expect(await client.closed).toBe('cleanly');
  });

  it('serves other clients concurrently', async () => {
    const { port, url } = await listen(chain(limit, echoLength));
    const flooding = new RawClient(port).send(...head, '', chunk('x'.repeat(5000)));
    await flooding.until(/ 413 /);
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('a slow body', () => {
  it('ends at the time limit of the server, and costs nothing before', async () => {
    const { port, url } = await listen(chain(limit, echoLength), {
      requestTimeout: 300,
      headersTimeout: 300,
      connectionsCheckingInterval: 20,
    });
    const client = new RawClient(port);
    client.send('POST / HTTP/1.1', host, json, 'Content-Length: 900', '', '{');
    expect((await fetch(url)).status).toBe(200);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('bodyLimit in Express', () => {
  it('refuses before express.json reads', async () => {
    const app = express();
    app.use(limit, express.json());
    app.post('/', (req, res) => {
      res.json(req.body);
    });
    app.use(problemErrors());
    expect((await request(app).post('/').send({ a: 1 })).body).toEqual({ a: 1 });
    const large = await request(app)
      .post('/')
      .send({ a: 'x'.repeat(2000) });
    expect(large.status).toBe(413);
    expect(large.body).toMatchObject({ code: 'ERR_SECURITY_BODY_TOO_LARGE' });
    const text = await request(app).post('/').type('text/plain').send('hello');
    expect(text.status).toBe(415);
    const broken = await request(app).post('/').type('json').send('{"secret": fl_');
    expect(broken.status).toBe(400);
    expect(broken.text).not.toContain('secret');
  });
});

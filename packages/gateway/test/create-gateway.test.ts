import { createHash } from 'node:crypto';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { SettingsError } from '../src/settings/settings-error.ts';
import { pepper, writeKeysFile } from './support/keys-file.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

const affine = (...data: readonly number[]) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [data.length / 2, 2], data }],
});

/** Starts a gateway on a new registry with the model `affine`. */
async function startAffine(variables: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  const registry = await sampleRegistry(folder, onnxVersion('affine', 'affine'));
  return { registry, ...(await startGateway({ FAIRLEAD_REGISTRY: folder, ...variables })) };
}

describe('serving', () => {
  test('a model of /invocations that is not served shows in the readiness and the log', async () => {
    const { call, logs } = await startAffine({
      FAIRLEAD_PROTOCOLS: 'open-inference,mlflow',
      FAIRLEAD_INVOCATIONS_MODEL: 'nope',
    });
    const warning =
      'FAIRLEAD_INVOCATIONS_MODEL is "nope", which is not served: /invocations and /ping answer 404; served: "affine"';
    expect(JSON.parse((await call('/v2/health/ready')).body)).toEqual({
      live: true,
      ready: true,
      warnings: [warning],
    });
    expect(logs.map((line) => (JSON.parse(line) as { msg: string }).msg)).toContain(warning);
  });

  test('answers over TCP with the result of the model, and names its version', async () => {
    const { call, gateway } = await startAffine();
    expectTypeOf(gateway.loaded).resolves.toBeVoid();
    const { status, headers, body } = await call('/v2/models/affine/infer', {
      body: affine(1, 2, 3, 4),
    });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      model_name: 'affine',
      model_version: '1',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: [3, 5, 7, 9] }],
    });
    expect(headers).toMatchObject({ 'fairlead-model': 'affine', 'fairlead-version': '1' });
  });

  test('answers over a Unix socket, and removes the socket when it is closed', async () => {
    const socketPath = join(temporaryFolder(), 'gateway.sock');
    const folder = temporaryFolder();
    await sampleRegistry(folder, onnxVersion('affine', 'affine'));
    const { gateway } = await startGateway({
      FAIRLEAD_REGISTRY: folder,
      FAIRLEAD_LISTEN: `unix:${socketPath}`,
    });
    expect((await httpCall({ socketPath }, '/v2/health/ready')).status).toBe(200);
    const answer = await httpCall({ socketPath }, '/v2/models/affine/infer', {
      body: affine(0, 1),
    });
    expect(JSON.parse(answer.body)).toMatchObject({ outputs: [{ data: [1, 3] }] });
    expect(await gateway.close()).toBe(true);
    expect(existsSync(socketPath)).toBe(false);
  });

  test('follows the alias to another version, and back', async () => {
    const { registry, call } = await startAffine();
    const { manifest } = await registry.push(onnxVersion('affine', 'affine-next'));
    const answers = async (version: string) =>
      until(async () => {
        const { status, headers, body } = await call('/v2/models/affine/infer', {
          body: affine(1, 2),
        });
        expect(status).toBe(200);
        return headers['fairlead-version'] === version ? body : undefined;
      });
    await registry.setAlias('affine', 'champion', manifest.version, { actor: 'test' });
    expect(await answers('2')).toContain('[103,105]');
    await registry.rollback('affine', 'champion', { actor: 'test' });
    expect(await answers('1')).toContain('[3,5]');
  });

  test('administrators unload and load models, under the alias that was set; without keys no client can', async () => {
    const folder = temporaryFolder();
    const registry = await sampleRegistry(folder, onnxVersion('affine', 'affine'));
    const { manifest } = await registry.push(onnxVersion('affine', 'affine-next'));
    await registry.setAlias('affine', 'blue', manifest.version, { actor: 'test' });
    const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
      admin: { scopes: ['admin', 'infer:*'] },
      user: { scopes: ['infer:*'] },
    });
    const { call } = await startGateway({
      FAIRLEAD_REGISTRY: folder,
      FAIRLEAD_ALIAS: 'blue',
      FAIRLEAD_KEYS_FILE: keysFile,
      FAIRLEAD_PEPPER: pepper,
    });
    const as = (name: keyof typeof keys, path: string, body: unknown) =>
      call(path, { body, headers: { authorization: `Bearer ${keys[name]}` } });
    const infer = () => as('user', '/v2/models/affine/infer', affine(1, 2));
    expect((await as('user', '/v2/repository/models/affine/unload', {})).status).toBe(403);
    expect((await infer()).status).toBe(200);
    expect((await as('admin', '/v2/repository/models/affine/unload', {})).status).toBe(200);
    expect((await infer()).status).toBe(404);
    const index = await as('admin', '/v2/repository/index', {});
    expect(JSON.parse(index.body)).toEqual([
      { name: 'affine', state: 'UNAVAILABLE', reason: 'unloaded' },
    ]);
    expect((await as('admin', '/v2/repository/models/affine/load', {})).status).toBe(200);
    expect((await infer()).headers['fairlead-version']).toBe('2');

    const withoutKeys = await startAffine();
    const { status } = await withoutKeys.call('/v2/repository/models/affine/unload', { body: {} });
    expect(status).toBe(404);
    expect((await withoutKeys.call('/v2')).body).not.toContain('model_repository');
  });

  test('describes itself: a document of the protocols that are on, and a page that its own policy lets run', async () => {
    const { call } = await startAffine();
    const { paths } = JSON.parse((await call('/openapi.json')).body) as { paths: object };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/v2/models/affine/infer', '/v1/models/affine:predict']),
    );
    expect(Object.keys(paths)).not.toContain('/invocations');
    const { status, headers, body } = await call('/docs');
    expect(status).toBe(200);
    for (const tag of ['style', 'script']) {
      const inline = body.slice(
        body.indexOf(`<${tag}>`) + tag.length + 2,
        body.indexOf(`</${tag}>`),
      );
      const hash = createHash('sha256').update(inline).digest('base64');
      expect(headers['content-security-policy']).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(headers['content-security-policy']).toContain("connect-src 'self'");
  });

  test('serves every model that has the alias, and no other', async () => {
    const folder = temporaryFolder();
    const registry = await sampleRegistry(
      folder,
      onnxVersion('first', 'affine'),
      onnxVersion('second', 'affine-next'),
    );
    await registry.push(onnxVersion('not-yet', 'affine'));
    const { call } = await startGateway({ FAIRLEAD_REGISTRY: folder });
    expect((await call('/v2/models/first')).status).toBe(200);
    expect((await call('/v2/models/second')).status).toBe(200);
    expect((await call('/v2/models/not-yet')).status).toBe(404);
    expect((await call('/v2/health/ready')).status).toBe(200);
  });

  test('a damaged alias of one model is logged, and stops no other model', async () => {
    const folder = temporaryFolder();
    const registry = await sampleRegistry(
      folder,
      onnxVersion('affine', 'affine'),
      onnxVersion('broken', 'affine'),
    );
    const entry = join(folder, 'models/broken/aliases/champion/00000001.json');
    chmodSync(entry, 0o644);
    writeFileSync(entry, '{"formatVersion":1}');
    const { call, gateway, logs } = await startGateway({ FAIRLEAD_REGISTRY: folder });
    expect(await gateway.isReady()).toBe(true);
    const infer = await call('/v2/models/affine/infer', { body: affine(1, 2) });
    expect(infer.status).toBe(200);
    expect(logs.join('')).toContain('model \\"broken\\" is damaged: ');
    // The aliases of other models are still followed.
    await registry.push(onnxVersion('affine', 'affine-next'));
    await registry.setAlias('affine', 'champion', 2, { actor: 'ada' });
    await until(async () => {
      const { body } = await call('/v2/models/affine/infer', { body: affine(1, 2) });
      return body.includes('103') || undefined;
    });
  });

  test('serves the models of FAIRLEAD_MODELS, under FAIRLEAD_ALIAS', async () => {
    const folder = temporaryFolder();
    const registry = await sampleRegistry(
      folder,
      onnxVersion('first', 'affine'),
      onnxVersion('second', 'affine'),
    );
    await registry.setAlias('second', 'candidate', 1, { actor: 'test' });
    const { call } = await startGateway({
      FAIRLEAD_REGISTRY: folder,
      FAIRLEAD_MODELS: 'second',
      FAIRLEAD_ALIAS: 'candidate',
    });
    expect((await call('/v2/models/second/ready')).status).toBe(200);
    expect((await call('/v2/models/first')).status).toBe(404);
  });

  test('is live but not ready while a model of FAIRLEAD_MODELS does not exist', async () => {
    const folder = temporaryFolder();
    const registry = await sampleRegistry(folder);
    const { call } = await startGateway({
      FAIRLEAD_REGISTRY: folder,
      FAIRLEAD_MODELS: 'affine',
    });
    expect((await call('/v2/health/live')).status).toBe(200);
    expect((await call('/v2/health/ready')).status).toBe(503);
    expect((await call('/')).body).toContain('>not ready<');
    expect((await call('/v2/models/affine/ready')).body).toContain('there is no model');
    const { manifest } = await registry.push(onnxVersion('affine', 'affine'));
    await registry.setAlias('affine', 'champion', manifest.version, { actor: 'test' });
    await until(async () => {
      const { status } = await call('/v2/health/ready');
      return status === 200;
    });
  });

  test('an empty registry is not ready', async () => {
    const { call } = await startGateway({ FAIRLEAD_REGISTRY: temporaryFolder() });
    expect((await call('/v2/health/ready')).status).toBe(503);
  });
});

describe('pages of Express, behind the protocols', () => {
  test('the page for browsers, with its own policy', async () => {
    const { call } = await startAffine();
    const { status, headers, body } = await call('/');
    expect(status).toBe(200);
    expect(body).toContain('<td>affine</td><td>1</td>');
    expect(headers['content-security-policy']).toContain("style-src 'sha256-");
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  test('the metrics count every request by its group', async () => {
    const { call } = await startAffine();
    for (let count = 0; count < 3; count++) {
      await call('/v2/models/affine/infer', { body: affine(1, 2, 3, 4) });
    }
    await call('/v2/models/affine/infer', { body: affine(1, 2, 3) });
    await call('/nowhere');
    const { body, headers } = await call('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    const labels = '{model="affine",version="1"}';
    expect(body).toContain(`nv_inference_request_success${labels} 3`);
    expect(body).toContain(`nv_inference_count${labels} 6`);
    expect(body).toMatch(/route="infer"[^}]*\} 3$/m);
    expect(body).toMatch(/route="other"[^}]*\} 1$/m);
    expect(body).toContain('process_cpu_seconds_total');
    expect(body).toMatch(
      /^fairlead_model_memory_bytes\{model="affine",version="1",kind="file"\} [1-9]\d*$/m,
    );
  });

  test('any other path gets a problem in JSON', async () => {
    const { call } = await startAffine();
    for (const path of ['/nowhere', '/v2/nowhere', '/v2/models/affine/infer/', '/favicon.ico']) {
      const { status, headers, body } = await call(path);
      expect([path, status]).toEqual([path, 404]);
      expect(headers['content-type']).toContain('application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ error: expect.any(String) as string });
    }
  });
});

describe('keys', () => {
  async function startWithKeys() {
    const folder = temporaryFolder();
    const { keysFile, keys } = writeKeysFile(folder, {
      scraper: { scopes: ['metrics'] },
      other: { scopes: ['infer:other'] },
      mine: { scopes: ['infer:affine'] },
    });
    const started = await startAffine({
      FAIRLEAD_KEYS_FILE: keysFile,
      FAIRLEAD_PEPPER: pepper,
    });
    const callAs = (name: keyof typeof keys, path: string, body?: unknown) =>
      started.call(path, { body, headers: { authorization: `Bearer ${keys[name]}` } });
    return { ...started, callAs, keysFile, keys };
  }

  test('an invalid keys file is reported by the readiness, a metric and the log until it is corrected', async () => {
    const { call, callAs, keysFile, logged } = await startWithKeys();
    const staleness = async () => {
      const { body } = await callAs('scraper', '/metrics');
      return Number(/^fairlead_keys_file_staleness_seconds (\S+)$/m.exec(body)?.[1]);
    };
    expect(JSON.parse((await call('/v2/health/ready')).body)).toEqual({ live: true, ready: true });
    expect(await staleness()).toBe(0);

    chmodSync(keysFile, 0o666);
    const warned = await until(async () => {
      const { status, body } = await call('/v2/health/ready');
      expect(status).toBe(200);
      return body.includes('warnings') && body;
    });
    const { warnings } = JSON.parse(warned) as { warnings: readonly string[] };
    expect(warnings).toEqual([
      expect.stringMatching(/keys file.*not been taken over since .*revoked keys/) as string,
    ]);
    // Readiness is public.
    expect(warned).not.toContain(keysFile);
    expect(await staleness()).toBeGreaterThan(0);
    chmodSync(keysFile, 0o600);
    await until(async () => !(await call('/v2/health/ready')).body.includes('warnings'));
    expect(await staleness()).toBe(0);
    expect(await logged('keys file taken over again')).toMatchObject({ level: 'info' });
    expect(await logged('keys file not taken over')).toMatchObject({ level: 'error' });
  });

  test('the description of the API shows examples of models that the key may infer, and no others', async () => {
    const { callAs } = await startWithKeys();
    const exampleFor = async (name: 'mine' | 'other') => {
      const { paths } = JSON.parse((await callAs(name, '/openapi.json')).body) as {
        paths: Record<
          string,
          { post?: { requestBody?: { content: Record<string, { example?: unknown }> } } }
        >;
      };
      const { post } = paths['/v2/models/affine/infer'] ?? {};
      expect(post).toBeDefined();
      return post?.requestBody?.content['application/json']?.example;
    };
    expect(await exampleFor('mine')).toBeDefined();
    expect(await exampleFor('other')).toBeUndefined();
  });

  test('no spelling of a path shows the metrics without their scope', async () => {
    const { callAs, logs } = await startWithKeys();
    expect((await callAs('scraper', '/metrics')).body).toContain('nv_inference');
    for (const spelling of [
      ...['', '?x', '/', '/?', '//', '/.', '/x/..'].map((end) => `/metrics${end}`),
      ...['/METRICS', '/Metrics/', '//metrics', '/%6detrics', '/./metrics', '/x/../metrics'],
    ]) {
      // Some routers treat an absolute URL as a path.
      for (const path of [spelling, `http://127.0.0.1${spelling}`]) {
        const { status, body } = await callAs('mine', path);
        expect([path, [403, 404].includes(status)]).toEqual([path, true]);
        expect(body).not.toContain('nv_inference');
      }
    }
    expect(logs.join('')).not.toContain('fl_');
  });

  test('no spelling of a path reaches a model that the key may not use', async () => {
    const { callAs } = await startWithKeys();
    const body = affine(1, 2);
    expect((await callAs('mine', '/v2/models/affine/infer', body)).status).toBe(200);
    expect((await callAs('mine', '/v2/models/%61ffine/versions/1/infer', body)).status).toBe(200);
    const part = fc.constantFrom(
      ...['v2', 'V2', '%762', 'models', 'affine', '%61ffine', 'AFFINE', 'other', 'versions', '1'],
      ...[
        '%31',
        'infer',
        'inf%65r',
        'infer?a=/',
        'infer%3F',
        'infer;a=1',
        'infer%2F',
        '',
        '.',
        '..',
      ],
      ...['%2e%2e', '%2F', 'affine%2Finfer', 'other%2F..%2Faffine', 'infer#'],
    );
    const near = fc
      .tuple(
        fc.constantFrom('/v2/models/', '/v2//models/', '//v2/models/', '/v2/models/other/../'),
        fc.constantFrom('affine', '%61ffine', 'aff%69ne', 'affine%00', '%', 'affine/', './affine'),
        fc.constantFrom('', '/versions/1', '/versions/%31', '/versions', '/versions//1', '/'),
        fc.constantFrom('/infer', '/infer?', '/infer/', '/%69nfer', '//infer', '/infer?/../x'),
      )
      .map((parts) => parts.join(''));
    const far = fc.array(part, { maxLength: 9 }).map((parts) => `/${parts.join('/')}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(near, far), async (path) => {
        const { status, body: text } = await callAs('other', path, body);
        expect(text).not.toContain('outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data"');
        expect([200, 400, 403, 404, 405]).toContain(status);
        // The guard and the handler read the same name of the model.
        const mine = await callAs('mine', path, body);
        if (mine.status === 200 && mine.body.includes('"data"')) expect(status).toBe(403);
      }),
      { numRuns: 300 },
    );
  });

  test('the request id is in the answer and in the log, and a log line names the version', async () => {
    const { call, logs } = await startAffine();
    const { headers } = await call('/v2/models/affine/infer', {
      body: affine(1, 2),
      headers: { 'x-request-id': 'id-of-the-test' },
    });
    expect(headers['x-request-id']).toBe('id-of-the-test');
    const line = await until(() => logs.find((each) => each.includes('id-of-the-test')));
    expect(JSON.parse(line)).toMatchObject({
      service: 'fairlead-gateway',
      path: '/v2/models/affine/infer',
      status: 200,
      model: 'affine',
      version: '1',
    });
  });
});

describe('a setting that cannot be used is named', () => {
  test.each([
    ['FAIRLEAD_REGISTRY', '/dev/null', '/dev/null'],
    ['FAIRLEAD_ALIAS', 'Not A Name', '"Not A Name" cannot name an alias'],
    ['FAIRLEAD_ALIAS', '7', 'cannot name an alias'],
    ['FAIRLEAD_MODELS', 'digits,../../etc', '"../../etc" cannot name a model'],
    ['FAIRLEAD_FLASK_ADDRESS', '169.254.169.254:80', 'metadata addresses are never upstreams'],
    ['FAIRLEAD_CLOUDWATCH_NAMESPACE', 'AWS/EC2', '"AWS/EC2"'],
    ['FAIRLEAD_LISTEN', 'fd:999', 'EBADF'],
    ['FAIRLEAD_LISTEN', 'unix:/nowhere/at/all.sock', '/nowhere/at/all.sock'],
  ])('%s=%s', async (variable, value, reason) => {
    const starting = startGateway({
      AWS_REGION: 'eu-central-1',
      FAIRLEAD_REGISTRY: temporaryFolder(),
      [variable]: value,
    });
    await expect(starting).rejects.toThrow(SettingsError);
    await expect(starting).rejects.toThrow(`${variable} can't be used: `);
    await expect(starting).rejects.toThrow(reason);
  });

  test('a port that is in use', async () => {
    const { address: taken } = await startGateway({ FAIRLEAD_REGISTRY: temporaryFolder() });
    const address = `127.0.0.1:${'port' in taken ? taken.port : 0}`;
    const again = startGateway({
      FAIRLEAD_REGISTRY: temporaryFolder(),
      FAIRLEAD_LISTEN: address,
    });
    await expect(again).rejects.toThrow(
      `FAIRLEAD_LISTEN can't be used: listen EADDRINUSE: address already in use ${address}`,
    );
  });
});

describe('a body with invalid chunks', () => {
  const head = (path: string, more = ''): string =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${more}Transfer-Encoding: chunked\r\n\r\n`;

  test.each<[string, readonly string[]]>([
    ['with its head', [`${head('/v2/models/affine/infer')}5\r\n{"inp\r\nZZ\r\n`]],
    ['after its head', [head('/v2/models/affine/infer'), '5\r\n{"inp\r\nZZ\r\n']],
    ['after a right chunk', [`${head('/v2/models/affine/infer')}5\r\n{"inp\r\n`, 'ZZ\r\n']],
    ['of a wrong length', [`${head('/v2/models/affine/infer')}2\r\n{"inputs"\r\n0\r\n\r\n`]],
    ['of a job', [head('/v2/models/affine/infer', 'Prefer: respond-async\r\n'), '-1\r\n']],
    ['of another protocol', [head('/v1/models/affine:predict'), 'g\r\n']],
  ])('%s gets 400', async (_when, pieces) => {
    const { gateway } = await startAffine({
      FAIRLEAD_JOBS_FOLDER: join(temporaryFolder(), 'jobs'),
    });
    const address = gateway.server.address();
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes) => (answer += String(bytes)));
    socket.on('error', () => undefined);
    for (const piece of pieces) {
      socket.write(piece);
      await sleep(50);
    }
    await until(() => socket.closed);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

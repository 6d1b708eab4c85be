import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinImages } from '../../src/index.ts';

const digest = `sha256:${'a1'.repeat(32)}`;

/** A registry with the token service of Docker's. */
class Registry {
  readonly requests: IncomingMessage[] = [];
  readonly #server = createServer((request, response) => {
    this.requests.push(request);
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    if (pathname === '/token') {
      response.end(JSON.stringify({ token: `for ${searchParams.get('scope') ?? ''}` }));
      return;
    }
    const [, repository = '', tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(pathname) ?? [];
    const scope = `repository:${repository}:pull`;
    if (request.headers.authorization !== `Bearer for ${scope}`) {
      const challenge = `Bearer realm="${this.url}/token",service="registry",scope="${scope}"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    } else if (tag === 'damaged') {
      response.writeHead(200, { 'docker-content-digest': 'sha256:1' }).end();
    } else if (tag !== '24') response.writeHead(404).end();
    else response.writeHead(200, { 'docker-content-digest': digest }).end();
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  close(): void {
    this.#server.close();
  }
}

describe('pinImages', () => {
  const registry = new Registry();
  let host: string;

  beforeAll(async () => {
    await registry.listen();
    host = registry.url.slice('http://'.length);
  });
  afterAll(() => {
    registry.close();
  });

  it('returns each image with the digest that its registry has for the tag', async () => {
    const images = { node: `${host}/library/node:24`, other: `${host}/a/b/c:24` };
    expect(await pinImages(images)).toEqual({
      node: `${host}/library/node:24@${digest}`,
      other: `${host}/a/b/c:24@${digest}`,
    });
    const [first] = registry.requests;
    expect(first?.method).toBe('HEAD');
    // The digest of an image for several platforms.
    expect(first?.headers.accept).toMatch(/^application\/vnd\.oci\.image\.index\.v1\+json, /);
  });

  it.each([
    ['a tag that is not there', 'node:25', /node:25 can't be found at .*: it answers 404/],
    ['a digest that is none', 'node:damaged', /it names no digest/],
  ])('rejects %s', async (_name, image, message) => {
    const found = pinImages({ node: `${host}/library/${image}` });
    await expect(found).rejects.toMatchObject({ code: 'ERR_DEPLOY_PACKAGE_UNAVAILABLE' });
    await expect(found).rejects.toThrow(message);
  });

  it('names the reason when the registry is unreachable', async () => {
    const found = pinImages({ node: 'localhost:1/node:24' });
    await expect(found).rejects.toThrow(/localhost:1\/node:24 can't be found at localhost:1: .+/);
  });

  it('rejects a name that is none of an image', async () => {
    const found = pinImages({ node: 'Node 24' });
    await expect(found).rejects.toMatchObject({ code: 'ERR_DEPLOY_INVALID_OPTION' });
    await expect(found).rejects.toThrow('"Node 24" is no name of an image');
  });

  it.each([
    ['node:24', 'https://registry-1.docker.io/v2/library/node/manifests/24'],
    ['node', 'https://registry-1.docker.io/v2/library/node/manifests/latest'],
    ['valkey/valkey:8', 'https://registry-1.docker.io/v2/valkey/valkey/manifests/8'],
    ['docker.io/library/node:24', 'https://registry-1.docker.io/v2/library/node/manifests/24'],
    [
      'public.ecr.aws/docker/library/node:24',
      'https://public.ecr.aws/v2/docker/library/node/manifests/24',
    ],
  ])('requests %s at %s', async (image, url) => {
    const requested: string[] = [];
    const fetch = (input: unknown): Promise<Response> => {
      requested.push(String(input));
      const headers = { 'docker-content-digest': digest };
      return Promise.resolve(new Response(null, { headers }));
    };
    await pinImages({ image }, { fetch });
    expect(requested).toEqual([url]);
  });
});

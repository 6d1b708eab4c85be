import { DeployError } from '../deploy-error.ts';

/** Options of {@link pinImages}. */
export interface PinImagesOptions {
  /** Sends the requests. @defaultValue the `fetch` of Node, with 30 seconds for each request */
  readonly fetch?: typeof globalThis.fetch;
}

/** Kinds of manifests; those of several platforms come first, so that a digest is good for amd64 and arm64. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const TIMEOUT_MS = 30_000;

/** An image without digest, in its parts. */
interface ImageTag {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

/**
 * Finds the digests of images at their registries, and returns each image with its digest: the same image for every build from then on. Public
 * images only: a registry that needs a password refuses.
 *
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md, and the token of Docker's registries.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION` for a name that is none of an image, `ERR_DEPLOY_PACKAGE_UNAVAILABLE` naming the image and what
 * its registry answers.
 *
 * @example
 * ```ts
 * import { pinImages } from '@fairlead/deploy';
 *
 * const digest = `sha256:${'0'.repeat(64)}`;
 * const fetch = async () => new Response(null, { headers: { 'docker-content-digest': digest } });
 * const images = await pinImages({ node: 'docker.io/library/node:24-bookworm-slim' }, { fetch });
 * console.log(images.node.slice(0, 54)); // docker.io/library/node:24-bookworm-slim@sha256:0000000
 * ```
 */
export async function pinImages<Images extends Readonly<Partial<Record<keyof Images, string>>>>(
  images: Images,
  { fetch = globalThis.fetch }: PinImagesOptions = {},
): Promise<Images> {
  const tags = Object.entries(images) as [string, string][];
  const pinned = tags.map(async ([name, image]) => {
    return [name, `${image}@${await findDigest(image, fetch)}`] as const;
  });
  return Object.fromEntries(await Promise.all(pinned)) as Images;
}

/** Reads the name of an image as Docker does: without a registry it is one of Docker Hub. */
function parseImage(image: string): ImageTag {
  const [, registry = 'docker.io', path = '', tag = 'latest'] =
    /^(?:((?=[^/]*[.:]|localhost\/)[A-Za-z0-9.-]+(?::\d{1,5})?)\/)?([a-z0-9][a-z0-9._/-]*)(?::(\w[\w.-]{0,127}))?$/.exec(
      image,
    ) ?? [];
  if (path === '') {
    throw new DeployError(
      'ERR_DEPLOY_INVALID_OPTION',
      `${JSON.stringify(image)} is no name of an image; write it like "docker.io/library/node:24-bookworm-slim"`,
    );
  }
  const isOfHub = registry === 'docker.io';
  return {
    registry: isOfHub ? 'registry-1.docker.io' : registry,
    repository: isOfHub && !path.includes('/') ? `library/${path}` : path,
    tag,
  };
}

async function findDigest(image: string, fetch: typeof globalThis.fetch): Promise<string> {
  const { registry, repository, tag } = parseImage(image);
  const scheme = /^(?:localhost|127\.0\.0\.1)(?::|$)/.test(registry) ? 'http' : 'https';
  const url = `${scheme}://${registry}/v2/${repository}/manifests/${tag}`;
  const request = (authorization?: string): Promise<Response> =>
    fetch(url, {
      method: 'HEAD',
      headers: { accept: MANIFESTS, ...(authorization !== undefined && { authorization }) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  try {
    let response = await request();
    if (response.status === 401) {
      const challenge = response.headers.get('www-authenticate') ?? '';
      response = await request(`Bearer ${await fetchToken(challenge, fetch)}`);
    }
    const digest = response.headers.get('docker-content-digest') ?? '';
    if (response.ok && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
    throw new Error(
      response.ok
        ? 'it names no digest'
        : `it answers ${response.status}${response.status === 404 ? ': it has no such image' : ''}`,
    );
  } catch (cause) {
    throw new DeployError(
      'ERR_DEPLOY_PACKAGE_UNAVAILABLE',
      `the digest of ${image} can't be found at ${registry}: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/** Fetches the token that a registry gives to everyone for public images. */
async function fetchToken(challenge: string, fetch: typeof globalThis.fetch): Promise<string> {
  const parameters = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const realm = parameters.get('realm');
  if (!/^bearer /i.test(challenge) || realm === undefined) {
    throw new Error('it requires credentials');
  }
  const url = new URL(realm);
  for (const name of ['service', 'scope']) {
    const value = parameters.get(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`its token service answers ${response.status}`);
  const { token, access_token: accessToken } = (await response.json()) as {
    readonly token?: unknown;
    readonly access_token?: unknown;
  };
  const found = token ?? accessToken;
  if (typeof found !== 'string') throw new Error('its token service answers without a token');
  return found;
}

/** `fetch failed` has the reason as its cause. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

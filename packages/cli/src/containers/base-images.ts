import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BaseImagesInput, Deployment } from '@fairlead/deploy-config';
import { CliError } from '../cli-error.ts';
import { fileError, readJson } from '../read-file.ts';

/** Tags whose digests `--pin` finds, unless the configuration or the file of images names others. */
const TAGS: Required<BaseImagesInput> = {
  node: 'docker.io/library/node:24-bookworm-slim',
  nginx: 'docker.io/library/nginx:1.28-bookworm',
  python: 'docker.io/library/python:3.11-slim-bookworm',
  redis: 'docker.io/library/redis:7-bookworm',
};

/** Name of the file with the images, beside the rendered files. */
export const IMAGES_FILE = 'images.json';

type Images = Partial<BaseImagesInput>;

/** Returns the names of the images that a deployment needs. */
export function neededImages(
  deployment: Deployment,
  containers: { readonly redis?: unknown },
): readonly (keyof BaseImagesInput)[] {
  return [
    ...(['node', 'nginx'] as const),
    ...(deployment.flask ? (['python'] as const) : []),
    ...(containers.redis === undefined ? [] : (['redis'] as const)),
  ];
}

/**
 * Reads the images: those of the configuration, and those of the file that `--pin` wrote.
 *
 * @throws CliError `ERR_CLI_FILE`; `ERR_CLI_USAGE` naming the images that have no digest yet.
 */
export async function readImages(
  out: string,
  given: Images | undefined,
  needed: readonly (keyof BaseImagesInput)[],
): Promise<BaseImagesInput> {
  const images: Images = { ...(await readImagesFile(out)), ...given };
  const missing = needed.filter((name) => images[name] === undefined);
  if (missing.length > 0) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `there is no digest of ${missing.join(', ')}: run fairlead render docker with --pin, which finds the digests of the base images and stores them in ${join(out, IMAGES_FILE)}; commit that file`,
    );
  }
  return onlyNeeded(images, needed);
}

/** Returns the tags whose digests are to be found: of the configuration, of the file, or the tested ones. */
export async function imageTags(
  out: string,
  given: Images | undefined,
  needed: readonly (keyof BaseImagesInput)[],
): Promise<BaseImagesInput> {
  const known: Images = { ...TAGS, ...(await readImagesFile(out)), ...given };
  const tags = Object.entries(known).map(([name, image]) => [
    name,
    image.replace(/@sha256:.*$/, ''),
  ]);
  return onlyNeeded(Object.fromEntries(tags) as Images, needed);
}

function onlyNeeded(images: Images, needed: readonly (keyof BaseImagesInput)[]): BaseImagesInput {
  const { node = '', nginx = '', python, redis } = images;
  return {
    ...{ node, nginx },
    ...(needed.includes('python') && python !== undefined && { python }),
    ...(needed.includes('redis') && redis !== undefined && { redis }),
  };
}

async function readImagesFile(out: string): Promise<Images> {
  const path = join(out, IMAGES_FILE);
  if (!existsSync(path)) return {};
  return readJson(path, 'the digests of images', (value) => {
    if (typeof value !== 'object' || value === null) {
      throw fileError(path, 'the digests of images', new Error('expected an object'));
    }
    return value;
  });
}

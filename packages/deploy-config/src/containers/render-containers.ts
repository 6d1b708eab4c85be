import { checkDeployment } from '../check-options.ts';
import type { Deployment } from '../deployment.ts';
import { renderGunicorn } from '../gunicorn/render-gunicorn.ts';
import { renderNginx } from '../nginx/render-nginx.ts';
import { renderedNotice } from '../rendered-file.ts';
import type { AbsolutePath } from '../values/absolute-path.ts';
import { composeFile } from './compose.ts';
import { containerDeployment } from './container-deployment.ts';
import { nodeHealthProgram, pythonHealthProgram } from './container-health.ts';
import type { Containers } from './containers.ts';
import type { ContainersInput } from './containers-input.ts';
import { flaskDockerfile, gatewayDockerfile, nginxDockerfile } from './dockerfiles.ts';
import { serializeDockerfile, type Instruction } from './dockerfile.ts';
import { versionOfImage } from './image-reference.ts';
import { resolveContainers } from './resolve-containers.ts';
import { serializeYaml } from './serialize-yaml.ts';

/** One rendered file of containers; the caller writes it. */
export interface ContainerFile {
  /** Path below the folder of the rendered files, with a leading slash. */
  readonly path: AbsolutePath;
  /** The whole text, UTF-8. */
  readonly content: string;
  /** Permission bits, such as `0o644`. */
  readonly mode: number;
}

/**
 * Renders what runs a deployment in containers: a Dockerfile for gateway, Flask and Nginx, each with the files that the build may read, the
 * configuration of Nginx and Gunicorn, and a Compose file; the same input results in the same bytes. No file contains a secret.
 *
 * @throws DeploymentError with `ERR_DEPLOYMENT_CONTAINERS` for every problem; DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the
 * deployment isn't a result of `defineDeployment`.
 *
 * @example
 * ```ts
 * import { defineDeployment, renderContainers } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.28.0' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { command: ['/usr/bin/node', '/opt/shop/main.js'], service: { user: 'shop' } },
 * });
 * const digest = `sha256:${'0'.repeat(64)}`; // of the registry
 * const files = renderContainers(deployment, {
 *   entry: 'service.ts',
 *   images: { node: `node:24-bookworm-slim@${digest}`, nginx: `nginx:1.28-bookworm@${digest}` },
 * });
 * console.log(files[0]?.path); // /compose.yaml
 * ```
 */
export function renderContainers(
  deployment: Deployment,
  input: ContainersInput,
): readonly ContainerFile[] {
  checkDeployment(deployment);
  const containers = resolveContainers(deployment, input);
  const nginx = versionOfImage(containers.images.nginx) ?? deployment.target.nginx;
  const inside = containerDeployment({
    ...deployment,
    target: { ...deployment.target, nginx },
  });
  const flask = flaskDockerfile(inside, containers);
  const gunicorn = renderGunicorn(inside);
  return [
    file('compose.yaml', notice(serializeYaml(composeFile(inside, deployment, containers)))),
    ...imageFiles('gateway', gatewayDockerfile(inside, containers), gatewaySources(containers)),
    file('health.mjs', nodeHealthProgram),
    ...(flask && gunicorn
      ? [
          ...imageFiles('flask', flask, flaskSources(containers)),
          file('gunicorn.conf.py', gunicorn.content),
          file('health.py', pythonHealthProgram),
        ]
      : []),
    ...imageFiles('nginx', nginxDockerfile(inside, containers), [
      `${containers.folder}/nginx.conf`,
    ]),
    file('nginx.conf', renderNginx(inside).content),
    ...redisFiles(containers),
  ];
}

function file(name: string, content: string): ContainerFile {
  return { path: `/${name}` as AbsolutePath, content, mode: 0o644 };
}

function notice(text: string): string {
  return renderedNotice + text.replace(/^\n/, '');
}

/** A build reads the named files only: no secret and no model reaches a layer. */
function imageFiles(
  program: string,
  instructions: readonly Instruction[],
  sources: readonly string[],
): readonly ContainerFile[] {
  const ignore = ['*', ...sources.map((path) => `!${path}`), '**/__pycache__', '**/.env*'];
  return [
    file(`${program}.Dockerfile`, notice(serializeDockerfile(instructions))),
    file(`${program}.Dockerfile.dockerignore`, notice(`${ignore.join('\n')}\n`)),
  ];
}

function gatewaySources({ entry, include, folder }: Containers): readonly string[] {
  const own = ['package.json', 'package-lock.json', entry, ...include, `${folder}/health.mjs`];
  return [...new Set(own)];
}

function flaskSources({ python, folder }: Containers): readonly string[] {
  if (!python) return [];
  const { requirements, source } = python;
  return [requirements, source, `${folder}/gunicorn.conf.py`, `${folder}/health.py`];
}

/** A cache: nothing is written to a disk, and the least recently used is removed when the memory is full. */
function redisFiles({ redisMemoryBytes }: Containers): readonly ContainerFile[] {
  if (redisMemoryBytes === undefined) return [];
  const lines = [
    'bind * -::*',
    // Only the gateway is in its network.
    'protected-mode no',
    `maxmemory ${Math.floor(redisMemoryBytes * 0.75)}`,
    'maxmemory-policy allkeys-lru',
    'save ""',
    'appendonly no',
    'dir /tmp',
  ];
  return [file('redis.conf', renderedNotice + `${lines.join('\n')}\n`)];
}

import type { z } from 'zod';

import { DeploymentError, type DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { didYouMean } from '../did-you-mean.ts';
import { gatewayBytes } from '../gateway-bytes.ts';
import { knownSettings } from '../known-settings.ts';
import { describeValue } from '../options-problem.ts';
import { nginxBytes } from './container-settings.ts';
import { containerState } from './container-state.ts';
import { containersSchema, type ParsedContainers } from './containers-schema.ts';
import type { Containers } from './containers.ts';
import type { ContainersInput } from './containers-input.ts';

const MEBIBYTE = 1024 ** 2;

/** Name of the service of Redis, and so of its host in the network. */
export const REDIS_ADDRESS = 'redis:6379';

function problem(settings: readonly string[], message: string): DeploymentProblem {
  return { code: 'ERR_DEPLOYMENT_CONTAINERS', settings, message };
}

/**
 * Checks the settings of containers against their deployment, and fills in the defaults.
 *
 * @throws DeploymentError with `ERR_DEPLOYMENT_CONTAINERS` for every problem.
 */
export function resolveContainers(deployment: Deployment, input: ContainersInput): Containers {
  const parsed = containersSchema.safeParse(input);
  if (!parsed.success) throw new DeploymentError(parsed.error.issues.map(problemOf));
  const given = parsed.data;
  const { images } = given;
  const containers: Containers = {
    images: {
      node: images.node,
      nginx: images.nginx,
      ...(images.python !== undefined && { python: images.python }),
      ...(images.redis !== undefined && { redis: images.redis }),
    },
    entry: given.entry,
    include: given.include ?? [],
    python: given.python,
    folder: given.folder ?? 'docker',
    user: given.user ?? 10_001,
    files: new Map(Object.entries(given.files ?? {})),
    folders: new Map(Object.entries(given.folders ?? {})),
    nginxMemoryBytes: given.nginxMemoryBytes ?? nginxBytes(deployment),
    redisMemoryBytes: given.redis && (given.redis.memoryBytes ?? 256 * MEBIBYTE),
  };
  const problems = [
    ...missingParts(deployment, given),
    ...unusedPaths(deployment, containers),
    ...emptyModels(deployment, containers),
    ...memoryProblems(deployment, containers),
  ];
  if (problems.length > 0) throw new DeploymentError(problems);
  return containers;
}

function problemOf(issue: z.core.$ZodIssue): DeploymentProblem {
  const setting = ['containers', ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = knownSettings(containersSchema, issue.path);
    const hints = issue.keys.map((key) => didYouMean(key, known)).join('');
    const names = issue.keys.map((key) => `${setting}.${key}`);
    return problem(names, `${names.join(', ')}: unknown.${hints} Known are ${known.join(', ')}.`);
  }
  // The key of a record is a path, which has dots.
  if (issue.code === 'invalid_key') {
    const name = setting.slice(0, -1 - String(issue.path.at(-1)).length);
    return problem([name], `${name} ${issue.issues[0]?.message ?? issue.message}.`);
  }
  return problem([setting], `${setting} ${issue.message}.`);
}

function missingParts({ flask, gateway }: Deployment, given: ParsedContainers) {
  const problems: DeploymentProblem[] = [];
  const need = (setting: string, value: unknown, why: string, example: string) => {
    if (value !== undefined) return;
    const message = `containers.${setting} is not set, but ${why}. Give ${example}.`;
    problems.push(problem([`containers.${setting}`], message));
  };
  if (flask) {
    const why = 'the deployment has flask';
    need('python', given.python, why, '{ requirements: "requirements.lock", source: "src" }');
    need('images.python', given.images.python, why, 'an image of Python with its digest');
  }
  if (given.redis) {
    need('images.redis', given.images.redis, 'containers.redis is', 'an image with its digest');
    const url = gateway.environment.FAIRLEAD_REDIS_URL;
    if (url !== undefined) {
      const message = `containers.redis and gateway.environment.FAIRLEAD_REDIS_URL (${describeValue(url)}) are both set. Remove one: with containers.redis, the gateway uses the Redis beside it.`;
      problems.push(
        problem(['containers.redis', 'gateway.environment.FAIRLEAD_REDIS_URL'], message),
      );
    }
  }
  return problems;
}

/** A path that no container reads is usually misspelled. */
function unusedPaths(deployment: Deployment, { files, folders }: Containers) {
  const state = containerState(deployment);
  const problems: DeploymentProblem[] = [];
  for (const [kind, given] of [
    ['file', files],
    ['folder', folders],
  ] as const) {
    const known: readonly string[] = state
      .filter((each) => each.kind === kind)
      .map(({ path }) => path);
    for (const path of given.keys()) {
      if (known.includes(path)) continue;
      const setting = `containers.${kind}s`;
      const list = known.length === 0 ? 'none' : known.join(', ');
      const message = `${setting} has ${path}, which no container reads as a ${kind}. Known are ${list}.`;
      problems.push(problem([setting], message));
    }
  }
  return problems;
}

/** No container writes into a folder of models, so that a new volume would stay empty. */
function emptyModels(deployment: Deployment, { folders }: Containers): DeploymentProblem[] {
  return containerState(deployment)
    .filter(({ path, kind, readOnly }) => kind === 'folder' && readOnly && !folders.has(path))
    .map(({ path }) =>
      problem(
        ['containers.folders'],
        `containers.folders lacks ${path}, which has the models of Flask. Give a folder of this machine, such as { "${path}": "models" }.`,
      ),
    );
}

/** The containers together must fit into the host. */
function memoryProblems(
  { gateway, flask, host }: Deployment,
  { nginxMemoryBytes, redisMemoryBytes = 0 }: Containers,
): DeploymentProblem[] {
  const ofFlask = flask ? flask.workers * flask.workerMemoryBytes : 0;
  const wanted = gatewayBytes(gateway) + ofFlask + nginxMemoryBytes + redisMemoryBytes;
  if (wanted <= host.memoryBytes) return [];
  const message = `The limits of the containers are together ${wanted} bytes (gateway ${gatewayBytes(gateway)}, flask ${ofFlask}, nginx ${nginxMemoryBytes}, redis ${redisMemoryBytes}), but host.memoryBytes is ${host.memoryBytes}. Lower ${flask ? 'flask.workers, ' : ''}gateway.memoryBytes or containers.nginxMemoryBytes, or use a larger host.`;
  return [problem(['host.memoryBytes', 'containers.nginxMemoryBytes'], message)];
}

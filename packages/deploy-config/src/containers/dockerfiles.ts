import type { Deployment } from '../deployment.ts';
import { gunicornCommand, nginxCommand } from '../start-commands.ts';
import type { Containers } from './containers.ts';
import { PYTHON_FOLDER, socketFolders } from './container-deployment.ts';
import { flaskHealth, gatewayHealth, nginxHealth, TOOLS_FOLDER } from './container-health.ts';
import { APPLICATION_FOLDER, containerState, type ContainerProgram } from './container-state.ts';
import type { Instruction } from './dockerfile.ts';

/** A folder without files, so that a model file can't name others relative to it. */
const EMPTY_FOLDER = '/var/empty';

/** Folders that the program writes to: its sockets and its state. Temporary files are in `/tmp`. */
function writableFolders(deployment: Deployment, program: ContainerProgram): readonly string[] {
  const folders = socketFolders(deployment);
  const state = containerState(deployment).filter(
    (each) => each.program === program && each.kind === 'folder',
  );
  return [...(program === 'nginx' ? [] : [folders[program]]), ...state.map(({ path }) => path)];
}

/** New volumes get mode and owner of these folders of the image. */
function ownedFolders(folders: readonly string[], user: number): readonly Instruction[] {
  const empty = ['install', '-d', EMPTY_FOLDER] as const;
  if (folders.length === 0) return [{ run: [empty] }, { volume: ['/tmp'] }];
  const owner = ['-o', String(user), '-g', String(user)];
  return [
    { run: [['install', '-d', ...owner, '-m', '0700', ...folders], empty] },
    { volume: ['/tmp', ...folders] },
  ];
}

const onlyIn = (stage: string): Instruction => ({
  comment: `What follows is the image; the stage "${stage}" isn't in it.`,
});

/** Program and arguments of the gateway: Node reads the secrets, so that they are in no environment of the container. */
function gatewayCommand(
  { gateway }: Deployment,
  { entry }: Pick<Containers, 'entry'>,
): readonly [string, ...string[]] {
  const secretsFile = gateway.service?.secretsFile;
  return [
    'node',
    ...(secretsFile === undefined ? [] : [`--env-file-if-exists=${secretsFile}`]),
    `${APPLICATION_FOLDER}/${entry}`,
  ];
}

/** Returns the Dockerfile of the gateway. */
export function gatewayDockerfile(
  deployment: Deployment,
  containers: Containers,
): readonly Instruction[] {
  const { images, entry, include, folder, user } = containers;
  const isIncluded = include.some((path) => entry === path || entry.startsWith(`${path}/`));
  const files = isIncluded ? include : [entry, ...include];
  return [
    { from: images.node, as: 'packages' },
    { workdir: APPLICATION_FOLDER },
    { copy: ['package.json', 'package-lock.json'], to: './' },
    {
      run: [
        ['npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'],
        // Of the platforms that the package has, the image runs one.
        ['rm', '-rf', ...['darwin', 'win32'].map(onnxRuntimeOf)],
      ],
    },
    { from: images.node },
    onlyIn('packages'),
    { env: { NODE_ENV: 'production' } },
    { copy: [`${APPLICATION_FOLDER}/`], to: `${APPLICATION_FOLDER}/`, stage: 'packages' },
    ...files.map((file): Instruction => ({ copy: [file], to: `${APPLICATION_FOLDER}/${file}` })),
    { copy: [`${folder}/health.mjs`], to: `${TOOLS_FOLDER}/health.mjs` },
    ...ownedFolders(writableFolders(deployment, 'gateway'), user),
    { workdir: EMPTY_FOLDER },
    { user },
    { stopsignal: 'SIGTERM' },
    { healthcheck: gatewayHealth(deployment) },
    { entrypoint: [] },
    { cmd: gatewayCommand(deployment, containers) },
  ];
}

function onnxRuntimeOf(platform: string): string {
  return `node_modules/onnxruntime-node/bin/napi-v6/${platform}`;
}

/** Returns the Dockerfile of Flask; `undefined` without a Python service. */
export function flaskDockerfile(
  deployment: Deployment,
  { images, python, folder, user }: Containers,
): readonly Instruction[] | undefined {
  const command = gunicornCommand(deployment);
  if (!command || !python || images.python === undefined) return undefined;
  const interpreter = `${PYTHON_FOLDER}/bin/python`;
  return [
    { from: images.python, as: 'packages' },
    { workdir: '/build' },
    { copy: [python.requirements], to: 'requirements.txt' },
    {
      run: [
        ['python3', '-m', 'venv', PYTHON_FOLDER],
        [
          ...([interpreter, '-m', 'pip', 'install', '--no-cache-dir'] as const),
          ...['--disable-pip-version-check', '--require-hashes', '--only-binary=:all:'],
          ...['-r', 'requirements.txt'],
        ],
      ],
    },
    { from: images.python },
    onlyIn('packages'),
    { copy: [`${PYTHON_FOLDER}/`], to: `${PYTHON_FOLDER}/`, stage: 'packages' },
    { copy: [`${python.source}/`], to: `${APPLICATION_FOLDER}/` },
    // The root of the container is read-only: Python can't write bytecode when it starts.
    { run: [[interpreter, '-m', 'compileall', '-q', APPLICATION_FOLDER]] },
    { copy: [`${folder}/gunicorn.conf.py`], to: deployment.layout.gunicornConfigFile },
    { copy: [`${folder}/health.py`], to: `${TOOLS_FOLDER}/health.py` },
    ...ownedFolders(writableFolders(deployment, 'flask'), user),
    { workdir: EMPTY_FOLDER },
    { user },
    { stopsignal: 'SIGTERM' },
    { healthcheck: flaskHealth(deployment) },
    { entrypoint: [] },
    { cmd: command },
  ];
}

/** Ports of the container of Nginx. */
function nginxPorts({ nginx: { listen }, grpc }: Deployment): readonly number[] {
  const ofGrpc = grpc?.address?.kind === 'tcp' ? [grpc.address.port] : [];
  if (listen.scheme === 'https') return [listen.port, listen.redirectPort];
  return listen.address.kind === 'tcp' ? [listen.address.port, ...ofGrpc] : ofGrpc;
}

/** Returns the Dockerfile of Nginx. */
export function nginxDockerfile(
  deployment: Deployment,
  { images, folder, user }: Containers,
): readonly Instruction[] {
  return [
    { from: images.nginx },
    { copy: [`${folder}/nginx.conf`], to: deployment.layout.nginxConfigFile },
    ...ownedFolders(writableFolders(deployment, 'nginx'), user),
    { workdir: EMPTY_FOLDER },
    { user },
    { expose: nginxPorts(deployment) },
    // Ends after the requests in flight.
    { stopsignal: 'SIGQUIT' },
    { healthcheck: nginxHealth(deployment) },
    { entrypoint: [] },
    { cmd: nginxCommand(deployment) },
  ];
}

import type { Deployment } from '../deployment.ts';
import type { HealthCheck } from './dockerfile.ts';
import { socketFolders } from './container-deployment.ts';

/** Folder of programs of the images of gateway and Flask that no package has. */
export const TOOLS_FOLDER = '/opt/fairlead';

const READY = '/v2/health/ready';

/** A model that loads for longer than this needs a larger `start_period` in an override of Compose. */
const START_PERIOD_MS = 120_000;

const times = { intervalMs: 5_000, timeoutMs: 4_000, startPeriodMs: START_PERIOD_MS, retries: 3 };

/** Requests a path through a Unix socket; status 0 for an answer of 200. */
export const nodeHealthProgram = `// health.mjs <socket> <path>
import { request } from 'node:http';

const [socketPath, path] = process.argv.slice(2);
process.exitCode = 1;
request({ socketPath, path, timeout: 3000 }, (answer) => {
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
  answer.resume();
})
  .on('timeout', () => process.exit(1))
  .on('error', (error) => console.error(error.message))
  .end();
`;

/** The same for an image without Node.js. */
export const pythonHealthProgram = `# health.py <socket> <path>
import socket
import sys
from http.client import HTTPConnection

connection = HTTPConnection("localhost", timeout=3)
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.settimeout(3)
connection.sock.connect(sys.argv[1])
connection.request("GET", sys.argv[2])
sys.exit(connection.getresponse().status != 200)
`;

/** The gateway is healthy when its models are loaded. */
export function gatewayHealth(deployment: Deployment): HealthCheck {
  const socket = `${socketFolders(deployment).gateway}/gateway.sock`;
  return { command: ['node', `${TOOLS_FOLDER}/health.mjs`, socket, READY], ...times };
}

/** Flask is healthy when its models are loaded. */
export function flaskHealth(deployment: Deployment): HealthCheck {
  const socket = `${socketFolders(deployment).flask}/flask.sock`;
  const python = '/opt/venv/bin/python';
  return { command: [python, `${TOOLS_FOLDER}/health.py`, socket, READY], ...times };
}

/** Nginx is healthy when it forwards a request of a client, by name and over TLS where clients use them, to a gateway that lives. */
export function nginxHealth({ nginx: { listen } }: Deployment): HealthCheck {
  const [first] = listen.names;
  const name = first?.replace('*', 'health') ?? '127.0.0.1';
  const port = listen.scheme === 'https' ? listen.port : portOf(listen.address);
  const url = `${listen.scheme}://${name}:${port}/v2/health/live`;
  const resolve = first === undefined ? [] : ['--resolve', `${name}:${port}:127.0.0.1`];
  const insecure = listen.scheme === 'https' ? ['--insecure'] : [];
  const options = [
    '--fail',
    '--silent',
    '--show-error',
    '--output',
    '/dev/null',
    '--max-time',
    '3',
  ];
  return { command: ['curl', ...options, ...insecure, ...resolve, url], ...times };
}

/** Redis is healthy when it answers. */
export function redisHealth(): HealthCheck {
  return { command: ['redis-cli', 'ping'], ...times };
}

function portOf(address: Deployment['gateway']['listen']): number {
  return address.kind === 'unix' ? 0 : address.port;
}

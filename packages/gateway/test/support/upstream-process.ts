import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A separate process that answers as the Python original of `affine` does. */
export interface UpstreamProcess {
  kill(): Promise<void>;
}

const PROGRAM = `
const server = require('node:http').createServer((req, res) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    if (req.method === 'GET') return res.end('{}');
    const [{ shape, data }] = JSON.parse(Buffer.concat(chunks)).inputs;
    const y = { name: 'y', datatype: 'FP32', shape, data: data.flat().map((x) => 2 * x + 1) };
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ outputs: [y] }));
  });
});
server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('ready'));
`;

/** Starts an upstream on a port of the loopback address; it is killed when the test ends. */
export async function startUpstream(port: number): Promise<UpstreamProcess> {
  const child = spawn(process.execPath, ['-e', PROGRAM, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(() => Promise.reject(new Error('the upstream ended'))),
  ]);
  return { kill };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** Runs a shell script as a child process until the test ends; resolves when it has logged `message`. */
export async function startScript(script: string, message: string): Promise<void> {
  const child = spawn('bash', ['-ec', script], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await new Promise<void>((resolve, reject) => {
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.includes(`"msg":"${message}"`)) resolve();
      });
    }
    child.once('close', () => {
      reject(new Error(`the script ended: ${text}`));
    });
  });
}

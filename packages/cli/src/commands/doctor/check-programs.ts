import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Finding, reasonOf } from './finding.ts';

const MIN_NODE = [22, 12] as const;

/** Checks the version of Node.js. */
export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor, minMinor] = MIN_NODE;
  const isNew = major > minMajor || (major === minMajor && minor >= minMinor);
  const found = `version ${version}`;
  if (isNew) return { check: 'Node.js', state: 'ok', found };
  return {
    check: 'Node.js',
    state: 'problem',
    found: `${found}; ${MIN_NODE.join('.')} or newer is required`,
    fix: 'nvm install 24',
  };
}

/** Checks that ONNX Runtime is installed and loads. */
export async function checkOnnxRuntime(): Promise<Finding> {
  const check = 'onnxruntime-node';
  try {
    const { env } = await import('onnxruntime-node');
    return { check, state: 'ok', found: `version ${env.versions.node ?? env.versions.common}` };
  } catch (error) {
    const fix = 'npm install onnxruntime-node';
    return { check, state: 'problem', found: `does not load: ${reasonOf(error)}`, fix };
  }
}

/** Checks that Nginx can be found; only a deployment needs it. */
export async function checkNginx(path: string | undefined): Promise<Finding> {
  const check = 'Nginx';
  try {
    // Debian installs it where the PATH of accounts doesn't lead.
    const env = { PATH: `${path ?? ''}:/usr/sbin:/usr/local/sbin` };
    const { stderr } = await promisify(execFile)('nginx', ['-v'], { env });
    const version = /nginx\/(\S+)/.exec(stderr)?.[1];
    return { check, state: 'ok', found: `version ${version ?? 'unknown'}` };
  } catch {
    const found = 'not installed; only a deployment needs it, fairlead serve does not';
    return { check, state: 'warning', found, fix: 'sudo apt-get install nginx' };
  }
}

import { MIN_NODE } from '../../too-old-node.ts';
import { type Finding, reasonOf } from './finding.ts';
import { runProgram } from './run-program.ts';

/** Checks the version of Node.js. */
export function checkNode(version: string = process.versions.node): Finding {
  const isNew = !isOlder(version.split('.').map(Number), MIN_NODE);
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

/** First version of Nginx that the rendered configuration runs with. */
const MIN_NGINX = [1, 19, 4] as const;

/** Checks that Nginx can be found, runs and is new enough; only a deployment needs it. */
export async function checkNginx(path: string | undefined, maxMs?: number): Promise<Finding> {
  const check = 'Nginx';
  const fix = 'sudo apt-get install nginx';
  // Debian installs it where the PATH of accounts doesn't lead.
  const folders = `${path ?? ''}:/usr/sbin:/usr/local/sbin`;
  const { output, failure } = await runProgram('nginx', ['-v'], folders, maxMs);
  const [, version, ...numbers] = /nginx\/((\d{1,4})\.(\d{1,4})\.(\d{1,4}))/.exec(output) ?? [];
  if (failure === 'ENOENT') {
    const found = 'not installed; only a deployment needs it, fairlead serve does not';
    return { check, state: 'warning', found, fix };
  }
  if (failure !== undefined || version === undefined) {
    const found = `"nginx -v" prints no version (${failure ?? 'it ended'}); only a deployment needs Nginx`;
    return { check, state: 'warning', found, fix: `${fix}, and "which nginx" names the program` };
  }
  if (isOlder(numbers.map(Number), MIN_NGINX)) {
    const found = `version ${version}; a deployment requires ${MIN_NGINX.join('.')} or newer`;
    return { check, state: 'warning', found, fix };
  }
  return { check, state: 'ok', found: `version ${version}` };
}

/** Compares two versions, number by number. */
function isOlder(version: readonly number[], required: readonly number[]): boolean {
  const at = required.findIndex((number, index) => version[index] !== number);
  return at !== -1 && (version[at] ?? 0) < (required[at] ?? 0);
}

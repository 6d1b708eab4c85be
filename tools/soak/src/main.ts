import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Each soak, and the script that runs it: beside the short form of the same test, with which it shares its code. */
const soaks: Readonly<Record<string, string>> = {
  'registry-writers': '../../../packages/registry/test/support/soak/main.ts',
  'registry-kills': '../../../packages/registry/test/support/soak/main.ts',
  'registry-outage': '../../../packages/registry/test/support/soak/main.ts',
  'swaps-behind-nginx': '../../../tools/sample/test/support/soak/main.ts',
  batching: '../../../packages/serving/test/soak/batching/main.ts',
  storage: '../../../packages/serving/test/soak/storage/main.ts',
  drift: '../../../packages/drift/test/simulation/main.ts',
  rollout: '../../../packages/rollout/test/simulation/main.ts',
  'rollout-kills': '../../../packages/gateway/test/rollouts/soak.ts',
  'rollout-outage': '../../../packages/gateway/test/rollouts/outage/soak.ts',
  'rollout-shadow': '../../../packages/gateway/test/rollouts/shadow-soak.ts',
  'records-outage': '../../../packages/gateway/test/recording/outage/soak.ts',
  'retrain-kills': '../../../packages/cli/test/retraining/killed/soak.ts',
  fuzz: '../../../packages/serving/test/soak/fuzz/main.ts',
  limits: '../../../packages/security/test/redis/under-load/soak.ts',
  'onnx-files': '../../../packages/serving/test/soak/onnx-files/main.ts',
  swaps: '../../../packages/serving/test/soak/workers/swaps.ts',
  workers: '../../../packages/serving/test/soak/workers/main.ts',
};

// npm run soak -- NAME [option…]
const [name = '', ...options] = process.argv.slice(2);
const script = Object.hasOwn(soaks, name) ? soaks[name] : undefined;
if (script === undefined) {
  process.stderr.write(`usage: npm run soak -- ${Object.keys(soaks).join('|')} [option…]\n`);
  process.exit(2);
}
const path = fileURLToPath(new URL(script, import.meta.url));
const child = spawn(process.execPath, ['--conditions=@fairlead/source', path, name, ...options], {
  stdio: 'inherit',
});
const [code] = (await once(child, 'exit')) as [number | null];
process.exitCode = code ?? 1;

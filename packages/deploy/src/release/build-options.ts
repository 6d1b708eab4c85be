import { createPrivateKey, type KeyObject } from 'node:crypto';

import { describeValue } from '@fairlead/signature';
import type { Deployment } from '@fairlead/deploy-config';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { platforms, type Platform } from '../platform.ts';
import { resolvePythonOptions, type PythonOptions } from '../python/python-options.ts';
import type { GateCheck } from './release-manifest.ts';

/** Options of `buildRelease`. */
export interface BuildReleaseOptions {
  /** The deployment whose files go into the release. */
  readonly deployment: Deployment;
  /** Module that starts the application, `.ts` or `.js`. */
  readonly entry: string;
  /** Platform of the hosts. */
  readonly platform: Platform;
  /** Folder that the archive is written to; it is created. */
  readonly out: string;
  /** Version of Node in the release. @defaultValue `24.21.0` */
  readonly nodeVersion?: string;
  /** Packages with native code, or that read their own files. @defaultValue `onnxruntime-node` */
  readonly external?: readonly string[];
  /** Conditions of the `exports` of packages, in addition to those of Node. @defaultValue none */
  readonly conditions?: readonly string[];
  /** The Python service: packages and sources. @defaultValue none */
  readonly python?: PythonOptions | undefined;
  /** Ed25519 private key (PEM) that signs the manifest. @defaultValue not signed */
  readonly signingKey?: string | undefined;
  /** Requests that must be answered as expected on a host, beside readiness: golden examples. @defaultValue none */
  readonly checks?: readonly GateCheck[];
  /** File on the host with the API key of these requests. @defaultValue none */
  readonly checkKeyFile?: string | undefined;
  /** Time for a release to become ready on a host, in milliseconds. @defaultValue `60_000` */
  readonly readyTimeoutMs?: number;
  /** Folder of downloads. @defaultValue `~/.cache/fairlead`, or below `XDG_CACHE_HOME` */
  readonly cache?: string;
}

/** Rejects wrong options, and a deployment that no host can run. */
export function checkBuildOptions(options: BuildReleaseOptions): void {
  checkOptions('buildRelease', options, {
    deployment: 'required',
    entry: 'required',
    platform: 'required',
    out: 'required',
    nodeVersion: 'optional',
    external: 'optional',
    conditions: 'optional',
    python: 'optional',
    signingKey: 'optional',
    checks: 'optional',
    checkKeyFile: 'optional',
    readyTimeoutMs: 'optional',
    cache: 'optional',
  });
  const { deployment, platform, nodeVersion = '24.0.0', entry, out } = options;
  checkText('entry', 'the path of a module', entry);
  checkText('out', 'the path of a folder', out);
  if (!platforms.includes(platform)) {
    throw invalidOption(
      `Option platform is ${describeValue(platform)}: expected ${platforms.join(' or ')}.`,
    );
  }
  if (!/^\d+\.\d+\.\d+$/.test(nodeVersion)) {
    throw invalidOption(
      `Option nodeVersion is ${describeValue(nodeVersion)}: expected a version such as 24.21.0.`,
    );
  }
  if (!isForSystemd(deployment)) {
    throw invalidOption(
      'Option deployment has no layout for systemd: expected the result of defineDeployment() with layout "host".',
    );
  }
  resolvePythonOptions(options.python, deployment);
}

/** Checks a value that JavaScript may not have made with `defineDeployment`. */
function isForSystemd(deployment: unknown): boolean {
  const { layout } = { ...(deployment as Partial<Deployment> | null) };
  return layout?.supervisor === 'systemd';
}

/** Reads the private key of the option `signingKey`. */
export function readSigningKey(pem: string | undefined): KeyObject | undefined {
  if (pem === undefined) return undefined;
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw invalidOption('Option signingKey is not a private key in PEM.', cause);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw invalidOption(
    `Option signingKey is a key of ${String(key.asymmetricKeyType)}; expected Ed25519.`,
  );
}

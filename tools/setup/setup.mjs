#!/usr/bin/env node
// @ts-check
import { mkdirSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';

import { SetupInterrupted } from './src/installer.mjs';
import { nodePackages } from './src/node-packages.mjs';
import { createProgress } from './src/progress.mjs';
import { pythonPackages } from './src/python-packages.mjs';
import { SetupError } from './src/setup-error.mjs';
import { SetupLock } from './src/setup-lock.mjs';
import { systemPackages } from './src/system-packages.mjs';

/** @import { RunStep } from './src/progress.mjs' */

/**
 * Context of every part of the set-up.
 * @typedef {object} SetupContext
 * @property {string} root the repository
 * @property {boolean} dev with what the tests need
 * @property {readonly string[]} searchPath the folders of PATH
 * @property {readonly string[]} [systemFolders] where else programs of Debian packages are looked for
 * @property {RunStep} runStep
 * @property {string} logFolder
 */

/**
 * One thing to install; `isReady` looks at files only and starts nothing.
 * @typedef {{ isReady: () => boolean, install: (lock: SetupLock) => Promise<void> }} Part
 */

/** The repository that this script is part of. */
export const REPOSITORY_ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * @typedef {object} SetupOptions
 * @property {boolean} [dev] with what the tests need; default false
 * @property {string} [root] default: the repository of this script
 * @property {readonly ((context: SetupContext) => Part)[]} [parts] default: all
 * @property {readonly string[]} [searchPath] default: PATH
 * @property {readonly string[]} [systemFolders] default: where Debian puts servers
 */

/**
 * Installs what is missing; does nothing, without a process or a line of output, when all is there.
 * @param {SetupOptions} [options]
 * @throws {SetupError} saying what to do, if something cannot be installed from here
 */
export async function setUp(options = {}) {
  const {
    dev = false,
    root = REPOSITORY_ROOT,
    parts = [nodePackages, pythonPackages, nginx, systemd, redis, prometheus, fleet, containers],
  } = options;
  const folder = join(root, '.fairlead', 'setup');
  /** @type {SetupContext} */
  const context = {
    searchPath: (process.env.PATH ?? '').split(delimiter),
    ...options,
    root,
    dev,
    runStep: createProgress(process.stderr),
    logFolder: folder,
  };
  const missing = () => parts.map((part) => part(context)).filter((part) => !part.isReady());
  if (missing().length === 0) return;

  mkdirSync(folder, { recursive: true });
  const lock = await SetupLock.acquire(folder, (pid) => {
    process.stderr.write(`Another set-up is running here (process ${pid}); waiting for it …\n`);
  });
  try {
    for (const part of missing()) await part.install(lock);
  } finally {
    lock.release();
  }
}

/** @param {SetupContext} context */
export function nginx(context) {
  return systemPackages(context, [{ program: 'nginx', package: 'nginx' }]);
}

/**
 * `systemd-analyze` checks rendered units in the tests.
 * @param {SetupContext} context
 */
export function systemd(context) {
  return systemPackages(
    context,
    context.dev ? [{ program: 'systemd-analyze', package: 'systemd' }] : [],
  );
}

/**
 * The tests store answers in a real Redis.
 * @param {SetupContext} context
 */
export function redis(context) {
  return systemPackages(
    context,
    context.dev ? [{ program: 'redis-server', package: 'redis-server' }] : [],
  );
}

/**
 * Prometheus evaluates the queries of dashboards, and `promtool` checks alert rules, in the tests.
 * @param {SetupContext} context
 */
export function prometheus(context) {
  return systemPackages(
    context,
    context.dev ? [{ program: 'promtool', package: 'prometheus' }] : [],
  );
}

/**
 * Tests build and run the images of containers, which takes root: with runc, for both versions of control groups.
 * @param {SetupContext} context
 */
export function containers(context) {
  return systemPackages(
    context,
    context.dev && process.getuid?.() === 0
      ? [
          { program: 'podman', package: 'podman' },
          { program: 'runc', package: 'runc' },
          { program: 'iptables', package: 'iptables' },
          { program: 'catatonit', package: 'catatonit' },
          // Networks of containers, and names in them.
          { program: 'netavark', package: 'netavark' },
          { program: 'aardvark-dns', package: 'aardvark-dns' },
        ]
      : [],
  );
}

/**
 * Tests of deployments boot Debian hosts, with HAProxy in front of them, which takes root.
 * @param {SetupContext} context
 */
export function fleet(context) {
  return systemPackages(
    context,
    context.dev && process.getuid?.() === 0
      ? [
          { program: 'systemd-nspawn', package: 'systemd-container' },
          { program: 'mmdebstrap', package: 'mmdebstrap' },
          { program: 'haproxy', package: 'haproxy' },
          { program: 'ssh', package: 'openssh-client' },
          { program: 'ip', package: 'iproute2' },
          // An ACME authority and a check of TLS, for the tests of certificates.
          { program: 'pebble', package: 'pebble' },
          { program: 'testssl', package: 'testssl.sh' },
        ]
      : [],
  );
}

/**
 * Sets up; a failure is printed on standard error and ends the process.
 * @param {SetupOptions} options
 */
export async function setUpOrExit(options) {
  try {
    await setUp(options);
  } catch (error) {
    if (error instanceof SetupInterrupted) {
      process.stderr.write(`\n${error.message}\n`);
      process.kill(process.pid, error.signal);
      process.exit(1);
    }
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}

if (
  process.argv[1] !== undefined &&
  realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  await setUpOrExit({ dev: process.argv.includes('--dev') });
}

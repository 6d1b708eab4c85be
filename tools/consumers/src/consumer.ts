import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { inject } from 'vitest';

import type {} from './pack-once.ts';
import { findInWorkspace, link, pathInStore } from './package-store.ts';
import { workspaceRoot } from './workspace-root.ts';

/** A project that uses the packages. */
export interface ConsumerOptions {
  /** The fields of its `package.json`. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Files by their path. */
  readonly files: Readonly<Record<string, string>>;
  /** Packages that the project itself depends on, linked from the workspace. */
  readonly dependencies?: readonly string[];
  /**
   * Installs the optional peers of the packages.
   *
   * @defaultValue true
   */
  readonly optionalPeers?: boolean;
}

/** Result of a consumer's program. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * Makes a project in which all packages are installed as pnpm installs them: beside each lies what it declares, and
 * nothing else.
 *
 * @returns its folder
 */
export function createConsumer({
  manifest,
  files,
  dependencies = [],
  optionalPeers = true,
}: ConsumerOptions): string {
  const project = mkdtempSync(join(inject('folder'), 'project-'));
  const store = inject(optionalPeers ? 'store' : 'storeWithoutPeers');
  for (const { manifest: packed } of inject('packages')) {
    link(pathInStore(store, packed.name), join(project, 'node_modules', packed.name));
  }
  for (const name of dependencies) {
    const found = findInWorkspace(name, join(workspaceRoot, 'tools/consumers'));
    link(found, join(project, 'node_modules', name));
  }
  const fields = { name: 'consumer', version: '1.0.0', private: true, ...manifest };
  writeFileSync(join(project, 'package.json'), JSON.stringify(fields));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  return project;
}

/** Runs Node in a project, without the conditions that resolve packages to their sources. */
export function runNode(project: string, ...args: readonly string[]): Promise<ProgramResult> {
  const env = { ...process.env };
  delete env.NODE_OPTIONS;
  // Nx sets it, and programs then print colors into a pipe.
  delete env.FORCE_COLOR;
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: project, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      const exitCode = typeof code === 'number' ? code : 1;
      resolve({ exitCode, output: stdout + stderr });
    });
  });
}

/** Runs the TypeScript compiler of the workspace in a project. */
export function runTsc(project: string, ...args: readonly string[]): Promise<ProgramResult> {
  return runNode(
    project,
    join(workspaceRoot, 'node_modules/typescript/bin/tsc'),
    '--pretty',
    'false',
    ...args,
  );
}

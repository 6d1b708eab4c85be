import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { type PackedPackage, packPackages } from './packed-package.ts';
import { workspaceRoot } from './workspace-root.ts';

/** What a consumer project has besides the packages. */
export interface ConsumerOptions {
  /** The fields of its `package.json`. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Files by their path. */
  readonly files: Readonly<Record<string, string>>;
  /** Packages that the project itself depends on, linked from the workspace. */
  readonly dependencies?: readonly string[];
  /**
   * Whether the packages find their optional peers.
   *
   * @defaultValue true
   */
  readonly optionalPeers?: boolean;
}

/** How a program of a consumer ended. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly output: string;
}

/** The packed packages and projects that use them, all in one folder outside of the workspace. */
export class ConsumerWorkshop {
  readonly #folder: string;
  readonly packages: readonly PackedPackage[];

  private constructor(folder: string, packages: readonly PackedPackage[]) {
    this.#folder = folder;
    this.packages = packages;
  }

  /** Packs all packages. */
  static async open(): Promise<ConsumerWorkshop> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fairlead-consumers-')));
    const tarballs = join(folder, 'tarballs');
    mkdirSync(tarballs);
    return new ConsumerWorkshop(folder, await packPackages(tarballs));
  }

  /**
   * Makes a project in which all packages are installed as pnpm does it: beside each lies what it declares, and nothing else.
   *
   * @returns its folder
   */
  create({ manifest, files, dependencies = [], optionalPeers = true }: ConsumerOptions): string {
    const project = mkdtempSync(join(this.#folder, 'project-'));
    const place = (name: string): string =>
      join(project, 'node_modules/.store', name.replace('/', '+'), 'node_modules', name);
    for (const { manifest: packed, tarball } of this.packages) {
      mkdirSync(place(packed.name), { recursive: true });
      const into = ['--directory', place(packed.name), '--strip-components=1'];
      execFileSync('tar', ['--extract', '--gzip', '--file', tarball, ...into]);
      link(place(packed.name), join(project, 'node_modules', packed.name));
    }
    for (const { manifest: packed, folder } of this.packages) {
      const peers = Object.keys(packed.peerDependencies ?? {}).filter(
        (name) => optionalPeers || packed.peerDependenciesMeta?.[name]?.optional !== true,
      );
      for (const name of [...Object.keys(packed.dependencies ?? {}), ...peers]) {
        const ours = this.packages.some((other) => other.manifest.name === name);
        const beside = place(packed.name).slice(0, -packed.name.length);
        link(ours ? place(name) : findInWorkspace(name, folder), join(beside, name));
      }
    }
    for (const name of dependencies) {
      link(findInWorkspace(name, workspaceRoot), join(project, 'node_modules', name));
    }
    const fields = { name: 'consumer', version: '1.0.0', private: true, ...manifest };
    writeFileSync(join(project, 'package.json'), JSON.stringify(fields));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), text);
    }
    return project;
  }

  /** Deletes everything. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs Node in a project, without the conditions that resolve packages to their sources. */
export function runNode(project: string, ...args: readonly string[]): Promise<ProgramResult> {
  const env = { ...process.env };
  delete env.NODE_OPTIONS;
  // Nx asks for colours even where nobody sees them.
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

function findInWorkspace(name: string, folder: string): string {
  const places = [folder, workspaceRoot].map((parent) => join(parent, 'node_modules', name));
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new Error(`${name} is not installed: none of ${places.join(', ')}`);
  return realpathSync(found);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

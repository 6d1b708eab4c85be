import * as z from 'zod';

import { architectureOf, type Platform } from '../platform.ts';
import { buildFailed } from './build-failed.ts';
import { runInterpreter } from './run-interpreter.ts';
import type { Requirement } from './parse-requirements.ts';

/** A Python package in a release. */
export const pythonPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  /** File name of its wheel. */
  wheel: z.string(),
  sha256: z.string(),
  /** SPDX expression, or the text of the package. */
  license: z.string().optional(),
  isSpdx: z.boolean(),
  /** Size of its files after installation, in bytes. */
  installedBytes: z.number(),
});

/** A Python package in a release. */
export type PythonPackage = z.output<typeof pythonPackage>;

/** The Python of a host, for conditions of requirements. */
interface PythonTarget {
  readonly platform: Platform;
  readonly version: string;
}

/** Program that evaluates conditions and reads wheels, with pip's copy of `packaging`. */
const program = `
import email.parser, hashlib, json, os, pathlib, sys, zipfile
from pip._vendor.packaging.markers import Marker
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

task = json.load(sys.stdin)
target = task["target"]

def is_for_target(marker, extra=""):
    return marker is None or Marker(str(marker)).evaluate({**target, "extra": extra})

if "markers" in task:
    print(json.dumps([is_for_target(marker) for marker in task["markers"]]))
    sys.exit()

def read(path):
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA")]
        metadata = email.parser.HeaderParser().parsestr(archive.read(names[0]).decode("utf-8", "replace"))
        size = sum(entry.file_size for entry in archive.infolist())
    expression = metadata.get("License-Expression")
    lines = (metadata.get("License") or "").strip().splitlines()
    kinds = [kind.split(" :: ")[-1] for kind in metadata.get_all("Classifier", []) if kind.startswith("License :: ")]
    text = expression or (lines[0] if len(lines) == 1 and len(lines[0]) < 100 else None) or " AND ".join(kinds) or None
    package = {
        "name": canonicalize_name(metadata["Name"]),
        "version": metadata["Version"],
        "wheel": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "isSpdx": expression is not None,
        "installedBytes": size,
    }
    if text is not None:
        package["license"] = text
    return package, [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]

found = [read(path) for path in sorted(pathlib.Path(task["folder"]).glob("*.whl"))]
versions = {package["name"]: package["version"] for package, _ in found}
extras = {canonicalize_name(name): chosen for name, chosen in task["extras"].items()}
problems = []
for package, needs in found:
    for need in needs:
        if not any(is_for_target(need.marker, extra) for extra in ["", *extras.get(package["name"], [])]):
            continue
        version = versions.get(canonicalize_name(need.name))
        if version is None:
            problems.append(f"{package['name']} {package['version']} needs {need.name}{need.specifier}, which is missing")
        elif not need.specifier.contains(version, prereleases=True):
            problems.append(f"{package['name']} {package['version']} needs {need.name}{need.specifier}, but it has {version}")
print(json.dumps({"packages": [package for package, _ in found], "problems": problems}))
`;

/** Returns the environment of conditions on the host. Source: the specification of dependency specifiers of Python packages. */
function markerEnvironment({ platform, version }: PythonTarget): Readonly<Record<string, string>> {
  return {
    implementation_name: 'cpython',
    implementation_version: `${version}.0`,
    os_name: 'posix',
    platform_machine: architectureOf(platform) === 'x64' ? 'x86_64' : 'aarch64',
    platform_python_implementation: 'CPython',
    platform_release: '',
    platform_system: 'Linux',
    platform_version: '',
    // The first release: a package that only old ones need is installed everywhere.
    python_full_version: `${version}.0`,
    python_version: version,
    sys_platform: 'linux',
  };
}

async function run(interpreter: string, task: object): Promise<unknown> {
  const { code, stdout, stderr } = await runInterpreter(interpreter, ['-c', program], {
    stdin: JSON.stringify(task),
  });
  if (code === 0) return JSON.parse(stdout);
  const [last = 'no message'] = stderr.trimEnd().split('\n').slice(-1);
  throw buildFailed(`${interpreter} can't read the requirements: ${last}`);
}

/** Returns the requirements whose condition is true on the host; pip would evaluate it for this machine. */
export async function requirementsFor(
  interpreter: string,
  target: PythonTarget,
  requirements: readonly Requirement[],
): Promise<readonly Requirement[]> {
  const markers = requirements.flatMap(({ marker }) => marker ?? []);
  if (markers.length === 0) return requirements;
  const task = { target: markerEnvironment(target), markers };
  const results = z.array(z.boolean()).parse(await run(interpreter, task));
  const isTrue = new Map(markers.map((marker, index) => [marker, results[index]]));
  return requirements.filter(({ marker }) => marker === undefined || isTrue.get(marker));
}

const inspection = z.strictObject({
  packages: z.array(pythonPackage),
  problems: z.array(z.string()),
});

/**
 * Reads names, versions, licenses and dependencies of the wheels in a folder.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` when one needs a package that isn't there, or another version of it
 */
export async function inspectWheels(
  interpreter: string,
  target: PythonTarget,
  {
    folder,
    requirements,
  }: { readonly folder: string; readonly requirements: readonly Requirement[] },
): Promise<readonly PythonPackage[]> {
  const extras = requirements.map(({ name, extras: text }) => [
    name,
    text.split(/[[\],\s]+/).filter((extra) => extra !== ''),
  ]);
  const task = {
    target: markerEnvironment(target),
    folder,
    extras: Object.fromEntries(extras) as object,
  };
  const { packages, problems } = inspection.parse(await run(interpreter, task));
  if (problems.length === 0) return packages;
  throw buildFailed(
    `The requirements aren't complete: ${problems.slice(0, 5).join('; ')}. Compile the file again: uv pip compile --generate-hashes.`,
  );
}

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Python of the repository, which has pip. */
export const interpreter = join(import.meta.dirname, '../../../../.venv/bin/python');

/** A wheel to write. */
export interface TinyWheel {
  /** Such as `tiny-1.0-py3-none-any.whl`. */
  readonly file: string;
  /** Additional lines of its metadata. */
  readonly metadata?: readonly string[];
}

const program = `
import json, sys, zipfile
for wheel in json.load(sys.stdin):
    name, version, *tag = wheel["file"].split("/")[-1][:-4].split("-")
    folder = f"{name}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *wheel.get("metadata", [])]
    with zipfile.ZipFile(wheel["file"], "w") as archive:
        def add(path, text):
            archive.writestr(zipfile.ZipInfo(path), text)
        add(f"{name}/__init__.py", f"VERSION = '{version}'\\n")
        add(f"{folder}/METADATA", "\\n".join(metadata) + "\\n")
        add(f"{folder}/WHEEL", f"Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: {'-'.join(tag)}\\n")
        add(f"{folder}/RECORD", f"{name}/__init__.py,,\\n{folder}/METADATA,,\\n{folder}/WHEEL,,\\n{folder}/RECORD,,\\n")
`;

/** A folder of wheels that requirements files name by `--find-links`. */
export class TinyWheels {
  readonly folder: string;

  constructor(folder: string, wheels: readonly TinyWheel[]) {
    this.folder = folder;
    const input = wheels.map((wheel) => ({ ...wheel, file: join(this.folder, wheel.file) }));
    const { status, stderr } = spawnSync(interpreter, ['-c', program], {
      input: JSON.stringify(input),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  }

  /** Returns a hash option for each of the files. */
  hashes(...files: readonly string[]): string {
    return files.map((file) => `--hash=sha256:${this.sha256(file)}`).join(' ');
  }

  /** Returns the SHA-256 of a file in hexadecimal digits. */
  sha256(file: string): string {
    return createHash('sha256')
      .update(readFileSync(join(this.folder, file)))
      .digest('hex');
  }
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A Python that makes a virtual environment by copying one. */
    readonly copyingPython: string;
  }
}

/** Makes one virtual environment, which takes seconds, and a Python that copies it for every `-m venv --clear <folder>`. */
export default function pythonTemplate(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-python-'));
  execFileSync('python3', ['-m', 'venv', join(folder, 'template')]);
  const python = join(folder, 'python3');
  writeFileSync(
    python,
    `#!/bin/sh
if [ "$1 $2 $3" = '-m venv --clear' ]; then
  rm -rf "$4" && cp -a '${join(folder, 'template')}' "$4"
else
  exec python3 "$@"
fi
`,
    { mode: 0o755 },
  );
  project.provide('copyingPython', python);
  return () => {
    rmSync(folder, { recursive: true });
  };
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@fairlead/signature';
import type { Tolerance } from './compare-tensors.ts';
import { readTensors } from './read-tensors.ts';

/** One of ONNX's backend tests, as `fairlead_models.backend_cases` wrote it. */
export interface BackendCase extends Tolerance {
  readonly name: string;
  /** Path of its model. */
  readonly file: string;
  /** Which of its tensors the protocol has no type for, if one. */
  readonly problem: string | null;
  /** Its data sets, read when they are needed. */
  readonly sets: () => readonly {
    readonly inputs: readonly Tensor[];
    readonly outputs: readonly Tensor[];
  }[];
}

/** Lists the cases of a folder by their names. */
export function listBackendCases(folder: string): readonly BackendCase[] {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const head = JSON.parse(readFileSync(join(path, 'case.json'), 'utf8')) as Tolerance & {
        readonly problem: string | null;
        readonly sets: number;
      };
      return {
        name,
        file: join(path, 'model.onnx'),
        ...{ rtol: head.rtol, atol: head.atol, problem: head.problem },
        sets: () =>
          Array.from({ length: head.sets }, (_, index) => ({
            inputs: readTensors(join(path, `set${index}`), 'inputs'),
            outputs: readTensors(join(path, `set${index}`), 'outputs'),
          })),
      };
    });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BinaryTensorHead, decodeBinaryTensor, type Tensor } from '@fairlead/signature';

/** Reads tensors that `fairlead_models.tensors` wrote; `side` is `inputs` or `outputs`. */
export function readTensors(folder: string, side: 'inputs' | 'outputs'): readonly Tensor[] {
  const text = readFileSync(join(folder, `${side}.json`), 'utf8');
  const heads = JSON.parse(text) as readonly BinaryTensorHead[];
  return heads.map((head, index) =>
    decodeBinaryTensor(head, readFileSync(join(folder, `${side}${index}.bin`))),
  );
}

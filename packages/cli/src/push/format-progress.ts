import { statSync } from 'node:fs';
import type { PushProgress, PushRequest } from '@fairlead/registry';
import { formatBytes } from '../output/format-values.ts';

/** Creates the formatter of the progress of a push: `model.onnx: 1.2 GiB of 2.0 GiB written`. */
export function progressFormatter({ files }: PushRequest): (progress: PushProgress) => string {
  const sizes = new Map<string, number | undefined>();
  const sizeOf = (path: string): number | undefined => {
    if (!sizes.has(path)) {
      const source = files[path];
      const size =
        typeof source === 'string'
          ? statSync(source, { throwIfNoEntry: false })?.size
          : source?.length;
      sizes.set(path, size);
    }
    return sizes.get(path);
  };
  return ({ path, phase, bytes }) => {
    const size = sizeOf(path);
    const of = size === undefined ? '' : ` of ${formatBytes(size)}`;
    return `${path}: ${formatBytes(bytes)}${of} ${phase === 'reading' ? 'read' : 'written'}`;
  };
}

import { readFileSync } from 'node:fs';

/**
 * Returns the cores that this process may use, by the text of `/proc/self/status`; none where there is no such file.
 *
 * @example
 * ```ts
 * import { allowedCores } from '@fairlead/sizing';
 *
 * console.log(allowedCores('Cpus_allowed_list:\t0-2,7\n').join()); // 0,1,2,7
 * ```
 */
export function allowedCores(status: string = ownStatus()): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '';
  return list.split(',').flatMap((part) => {
    const [first = NaN, last = first] = part === '' ? [] : part.split('-').map(Number);
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

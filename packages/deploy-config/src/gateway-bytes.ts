import type { Gateway } from './deployment.ts';

/** Memory of the process that starts the others and serves no request, in bytes; it uses about half of it. */
export const PARENT_BYTES = 128 * 1024 ** 2;

/** Returns the memory of all processes of the gateway, in bytes. */
export function gatewayBytes({
  processes,
  memoryBytes,
}: Pick<Gateway, 'processes' | 'memoryBytes'>): number {
  return processes * memoryBytes + (processes > 1 ? PARENT_BYTES : 0);
}

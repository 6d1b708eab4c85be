import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** Reads the definition of a service from a file in the package's folder `proto`. */
export function loadService(file: string, service: string): ServiceDefinition {
  const path = fileURLToPath(new URL(`../../proto/${file}`, import.meta.url));
  // 64-bit integers as text: a JavaScript number would lose digits.
  const definition = loadSync(path, { longs: String, enums: String, defaults: true, oneofs: true });
  return definition[service] as ServiceDefinition;
}

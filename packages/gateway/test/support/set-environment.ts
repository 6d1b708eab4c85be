import { vi } from 'vitest';

/** Sets variables in this process, until `vi.unstubAllEnvs`. */
export function setEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

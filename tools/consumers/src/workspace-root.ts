import { resolve } from 'node:path';

/** The folder of the workspace whose packages are consumed. */
export const workspaceRoot = resolve(import.meta.dirname, '../../..');

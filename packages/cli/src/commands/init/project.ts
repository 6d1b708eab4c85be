import type { CiService } from './ci/ci-files.ts';

/** Properties of a new project. */
export interface Project {
  readonly name: string;
  /** Version of the Fairlead packages. */
  readonly version: string;
  readonly service: boolean;
  /** Service of its pipelines; `undefined` without any. */
  readonly ci: CiService | undefined;
}

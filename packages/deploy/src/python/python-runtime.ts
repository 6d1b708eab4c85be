import * as z from 'zod';

/** Python that a release needs on a host: its packages are installed there from the release. */
export interface PythonRuntime {
  /** Version, such as `3.11`. */
  readonly version: string;
  /** Size of the packages after installation, in bytes. */
  readonly installedBytes: number;
}

/** Schema of the Python of a release in a manifest. */
export const pythonRuntime: z.ZodType<PythonRuntime> = z.strictObject({
  version: z.string().regex(/^3\.\d{1,2}$/),
  installedBytes: z.int().nonnegative(),
});

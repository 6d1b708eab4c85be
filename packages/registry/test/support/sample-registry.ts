import { folderStore, ModelRegistry, type ObjectStore, type PushRequest } from '@fairlead/registry';
import type { Signature } from '@fairlead/signature';
import { temporaryFolder as folderOfTest } from '@fairlead/test-support';

/** Creates a folder for the running test, in memory: only the tests of `folder` need a disk. */
export function temporaryFolder(): string {
  return folderOfTest({ inMemory: true });
}

/** Creates a registry in a new folder. */
export function temporaryRegistry(): {
  readonly folder: string;
  readonly store: ObjectStore;
  readonly registry: ModelRegistry;
} {
  const folder = temporaryFolder();
  const store = folderStore(folder);
  return { folder, store, registry: new ModelRegistry({ store }) };
}

/** Makes a push of a version of `digits`; the bytes of its model file distinguish it from others. */
export function digits(
  content = 'weights',
  changes: Partial<PushRequest> = {},
): PushRequest & { readonly signature: Signature } {
  return {
    model: 'digits',
    runtime: { name: 'onnx' },
    signature: {
      inputs: [{ name: 'pixels', datatype: 'FP32', shape: [-1, 64] }],
      outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }],
    },
    files: { 'model.onnx': Buffer.from(content) },
    actor: 'ada',
    ...changes,
  };
}

/** Resolves to the error that `promise` is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

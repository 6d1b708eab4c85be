import { folderStore, ModelRegistry, type ObjectStore, type PushRequest } from '@fairlead/registry';
import type { Signature } from '@fairlead/signature';
import { temporaryFolder } from '@fairlead/test-support';

export { temporaryFolder };

/** A registry in a folder of its own. */
export function temporaryRegistry(): {
  readonly folder: string;
  readonly store: ObjectStore;
  readonly registry: ModelRegistry;
} {
  const folder = temporaryFolder();
  const store = folderStore(folder);
  return { folder, store, registry: new ModelRegistry({ store }) };
}

/** What to push as a version of `digits`, told from others by the bytes of its model file. */
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

/** The error that `promise` is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

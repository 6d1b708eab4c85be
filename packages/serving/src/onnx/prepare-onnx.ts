import { InferenceSession } from 'onnxruntime-node';

/** `y = Identity(x)`, the smallest model that there is. */
const SMALLEST =
  'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE=';

/**
 * Has ONNX Runtime set up what it needs once in a process: else the first model would appear to take that time, and that
 * memory, for itself.
 */
export async function prepareOnnx(): Promise<void> {
  const session = await InferenceSession.create(Buffer.from(SMALLEST, 'base64'), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  await session.release();
}

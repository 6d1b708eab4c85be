/** An error that keeps the sample application from running; its message has the cause and the fix. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
}

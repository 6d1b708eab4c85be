/** What keeps the sample application from running, told so that a person can mend it. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
}

/** The same bytes for whoever asks in the same second: what one prunes and collects, another is about to push. */
export function sharedContent(): Uint8Array {
  return Buffer.from(`second ${Math.floor(Date.now() / 1000)}`);
}

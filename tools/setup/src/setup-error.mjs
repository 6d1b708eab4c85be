// @ts-check

/** Something the person at the keyboard has to do first; its message says what. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/** Tells once that no client waits for the result any more; an `AbortSignal` is one. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Registers the function that is called when no client waits any more. */
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

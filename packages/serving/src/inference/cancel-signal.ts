/** Signal that no client waits for the result any more; an `AbortSignal` is one. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Registers a function that is called when no client waits any more. */
  addEventListener(type: 'abort', listener: () => void): void;
  /** Removes a function that was registered. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

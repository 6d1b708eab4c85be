/** A lease that is extended in the background. */
export interface HeldLease {
  /** Aborts when the lease is lost, or `stop` aborts. */
  readonly signal: AbortSignal;
  /** True when the job was canceled, or another process has the lease. */
  readonly isLost: boolean;
  /** Stops extending the lease. */
  release(): void;
}

/** Options of {@link holdLease}. */
export interface HoldLeaseOptions {
  /** Duration of the lease; it is extended three times within it, in milliseconds. */
  readonly leaseMs: number;
  /** Aborts the signal of the lease. */
  readonly stop: AbortSignal;
  /** Called when the lease couldn't be extended because the storage failed. */
  readonly onError: (error: unknown) => void;
}

/** Extends a lease until it is released or lost. */
export function holdLease(
  lease: { extend(): Promise<boolean> },
  { leaseMs, stop, onError }: HoldLeaseOptions,
): HeldLease {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  let isLost = false;
  let isExtending = false;
  if (stop.aborted) abort();
  stop.addEventListener('abort', abort);
  const extend = async (): Promise<void> => {
    if (isExtending) return;
    isExtending = true;
    try {
      if (await lease.extend()) return;
      isLost = true;
      abort();
    } catch (error) {
      // The lease may still be held; otherwise another process runs the job, and one of both finishes it.
      onError(error);
    } finally {
      isExtending = false;
    }
  };
  const timer = setInterval(() => void extend(), leaseMs / 3);
  return {
    signal: controller.signal,
    get isLost() {
      return isLost;
    },
    release() {
      clearInterval(timer);
      stop.removeEventListener('abort', abort);
    },
  };
}

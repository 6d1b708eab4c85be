import { pruneCaptures, type CaptureObjects, type LabelStore } from '@fairlead/capture';

const DAY_MS = 86_400_000;

/** Stores with objects that expire. */
interface Expiring {
  readonly objects: CaptureObjects;
  readonly labels: LabelStore;
  readonly onError: (error: unknown) => void;
}

/** Removes captured requests and labels that are older than some days, at the start and then daily; 0 days remove nothing. */
export function startRetention(
  days: number,
  { objects, labels, onError }: Expiring,
): { stop(): void } {
  if (days === 0) return { stop: () => undefined };
  const run = (): void => {
    const before = Date.now() - days * DAY_MS;
    pruneCaptures({ objects, before }).catch(onError);
    labels.prune(before).catch(onError);
  };
  run();
  const timer = setInterval(run, DAY_MS).unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

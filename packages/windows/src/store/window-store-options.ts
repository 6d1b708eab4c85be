import { checkInteger, checkOptions, invalidOption } from '../check-options.ts';
import type { WindowObjects } from './window-objects.ts';

/** Options of {@link openWindowStore}. */
export interface WindowStoreOptions {
  /** Store of a registry: a folder or a bucket. */
  readonly objects: WindowObjects;
  /** Folder for windows that wait while the store is away; without one they are lost. */
  readonly spoolFolder?: string | undefined;
  /**
   * Bytes of waiting windows at most; further ones are lost, and counted by the recorder.
   * @defaultValue 67108864 (64 MiB)
   */
  readonly maxSpoolBytes?: number | undefined;
  /**
   * Waiting windows are tried again at this interval, in milliseconds.
   * @defaultValue 30000
   */
  readonly retryMs?: number | undefined;
  /**
   * An object that isn't created within so long counts as failed, in milliseconds.
   * @defaultValue 30000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Reading makes roll-ups of hours and days that have ended; a reader without permission to write sets it to false.
   * @defaultValue true
   */
  readonly rollUp?: boolean | undefined;
  /**
   * An hour or day is rolled up so long after its end, in milliseconds; later windows count too.
   * @defaultValue 900000 (15 min)
   */
  readonly graceMs?: number | undefined;
  /** Called with errors that cost no window, and for each invalid object; an error that it throws is ignored. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/** @throws WindowsError `ERR_WINDOWS_INVALID_OPTION` */
export function checkStoreOptions(options: WindowStoreOptions) {
  checkOptions('openWindowStore', options, {
    objects: 'required',
    spoolFolder: 'optional',
    maxSpoolBytes: 'optional',
    retryMs: 'optional',
    timeoutMs: 'optional',
    rollUp: 'optional',
    graceMs: 'optional',
    onError: 'optional',
    now: 'optional',
  });
  const {
    objects,
    spoolFolder,
    maxSpoolBytes = 64 * 1024 * 1024,
    retryMs = 30_000,
    timeoutMs = 30_000,
    rollUp = true,
    graceMs = 900_000,
    onError = () => undefined,
    now = Date.now,
  } = options;
  checkInteger('openWindowStore: maxSpoolBytes', maxSpoolBytes, 0, 2 ** 40);
  checkInteger('openWindowStore: retryMs', retryMs, 1, 3_600_000);
  checkInteger('openWindowStore: timeoutMs', timeoutMs, 1, 3_600_000);
  checkInteger('openWindowStore: graceMs', graceMs, 0, 7 * 86_400_000);
  for (const name of ['create', 'read', 'list'] as const) {
    if (typeof (objects as Partial<WindowObjects>)[name] === 'function') continue;
    throw invalidOption(
      `openWindowStore: objects must have a method ${name}, as the stores of @fairlead/registry have.`,
    );
  }
  return {
    ...{ objects, spoolFolder, maxSpoolBytes, retryMs, timeoutMs, rollUp, graceMs, now },
    onError: (error: unknown) => {
      try {
        onError(error);
      } catch {
        // Reporting an error must not lose a window.
      }
    },
  };
}

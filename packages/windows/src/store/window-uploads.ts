import { parseWindow } from '../window/window-document.ts';
import { WINDOWS, isKeySegment } from './window-key.ts';
import type { WindowObjects } from './window-objects.ts';
import type { SpooledWindow, WindowSpool } from './window-spool.ts';

/** Options of {@link WindowUploads}. */
export interface WindowUploadsOptions {
  readonly objects: WindowObjects;
  readonly spool: WindowSpool | undefined;
  readonly timeoutMs: number;
  readonly onError: (error: unknown) => void;
}

/** Writes windows to a store, and through a spool folder when the store is away. */
export class WindowUploads {
  readonly #options: WindowUploadsOptions;
  #draining: Promise<void> | undefined;

  constructor(options: WindowUploadsOptions) {
    this.#options = options;
  }

  /**
   * Stores a window, or leaves it in the spool folder.
   *
   * @throws Error when neither is possible: the window is lost
   */
  async add(window: SpooledWindow, time: number): Promise<void> {
    const { spool, onError } = this.#options;
    // First to the spool: a process that is killed during the upload leaves the window there.
    const name = await spool?.put(window, time).catch((error: unknown) => {
      onError(error);
      return undefined;
    });
    try {
      await this.#create(window);
    } catch (error) {
      if (name === undefined) throw error;
      onError(error);
      return;
    }
    if (name !== undefined) await spool?.remove(name).catch(onError);
  }

  /** Stores the windows of the spool folder, the oldest first, until the store fails. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain()
      .catch(this.#options.onError)
      .finally(() => {
        this.#draining = undefined;
      });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const { spool, onError } = this.#options;
    for (const name of (await spool?.names()) ?? []) {
      const window = await spool?.read(name);
      if (window === undefined) continue;
      if (isValid(window)) await this.#create(window);
      else onError(new Error(`${name} in the spool folder is no window, and was removed`));
      await spool?.remove(name);
    }
  }

  /** Creates the object; one that exists is from an earlier attempt, since keys name the writer. */
  async #create({ key, body }: SpooledWindow): Promise<void> {
    const { objects, timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`the store did not create ${key} within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      await Promise.race([objects.create(key, body), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function isValid({ key, body }: SpooledWindow): boolean {
  const segments = key.split('/');
  if (segments[0] !== WINDOWS || segments.length !== 6 || !segments.every(isKeySegment)) {
    return false;
  }
  try {
    const { model, version } = parseWindow(body, key);
    return segments[1] === model && segments[2] === version;
  } catch {
    return false;
  }
}

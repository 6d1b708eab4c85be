import { setTimeout as sleep } from 'node:timers/promises';
import { jittered } from '../aliases/follow-alias.ts';
import type { ForwardOptions } from './forward-options.ts';
import { Forwarder } from './forwarder.ts';

/**
 * Forwards the events of a registry to a webhook: pushes, changes of aliases, approvals, measurements, and all others of the
 * models' logs.
 *
 * Every event is delivered at least once and, of one model, in order; after a `kill -9` it continues at the cursor, and a
 * repeated event has the same id. Runs until `signal` is aborted.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`; `ERR_REGISTRY_CORRUPT` for a damaged cursor; and the errors of
 * the cursor and, before the first poll, of the store.
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { fileCursor, forwardEvents } from '@fairlead/registry/webhooks';
 * import { WebhookSender } from '@fairlead/webhooks';
 *
 * const { WEBHOOK_URL: url = 'http://127.0.0.1:8080/hooks', WEBHOOK_SECRET: secret = '' } =
 *   process.env;
 * const stop = new AbortController();
 * await forwardEvents({
 *   store: folderStore('./registry'),
 *   url,
 *   sender: new WebhookSender({ destinations: [], privateDestinations: [url], secrets: [secret] }),
 *   cursor: fileCursor('./cursor.json'),
 *   from: 'start',
 *   filter: (type) => type === 'alias.set',
 *   onNotice(notice) {
 *     console.log(notice.type, notice.model, notice.attempt); // delivered digits 1
 *     stop.abort();
 *   },
 *   signal: stop.signal,
 * });
 * ```
 */
export async function forwardEvents(options: ForwardOptions): Promise<void> {
  const forwarder = await Forwarder.open('forwardEvents', options);
  const { pollIntervalMs = 10_000, signal, onError } = options;
  while (signal?.aborted !== true) {
    const { dueInMs, errors } = await forwarder.pass();
    for (const error of errors) onError?.(error);
    const pauseMs = Math.min(jittered(pollIntervalMs, Math.random), dueInMs);
    await sleep(pauseMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}

/**
 * Forwards the events since the cursor, each once, and ends, for a schedule such as cron. Resolves to true if all were
 * delivered; the others are delivered the next time.
 *
 * @throws RegistryError the errors of `forwardEvents` and of the store.
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { fileCursor, forwardPending } from '@fairlead/registry/webhooks';
 * import { WebhookSender } from '@fairlead/webhooks';
 *
 * const { WEBHOOK_URL: url = 'http://127.0.0.1:8080/hooks', WEBHOOK_SECRET: secret = '' } =
 *   process.env;
 * const allDelivered = await forwardPending({
 *   store: folderStore('./registry'),
 *   url,
 *   sender: new WebhookSender({ destinations: [], privateDestinations: [url], secrets: [secret] }),
 *   cursor: fileCursor('./cursor.json'),
 *   from: 'start',
 * });
 * console.log(allDelivered); // true
 * ```
 */
export async function forwardPending(options: ForwardOptions): Promise<boolean> {
  const { dueInMs, errors } = await (await Forwarder.open('forwardPending', options)).pass();
  if (errors.length > 0) throw errors[0];
  return dueInMs === Infinity;
}

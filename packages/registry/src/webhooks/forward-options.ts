import type { ObjectStore } from '../store/object-store.ts';
import type { EventCursor } from './event-cursor.ts';

/** Delivers signed webhooks; `WebhookSender` of `@fairlead/webhooks` is one. */
export interface EventSender {
  /** Delivers once; resolves to the reason of a failure, else to undefined. */
  deliver(url: string, id: string, body: string): Promise<string | undefined>;
  /** Delay after the delivery `attempt`, from 1, in milliseconds. */
  delayAfter(attempt: number): number;
}

/** Report of a delivery by a forwarder. */
export type ForwardNotice =
  | {
      readonly type: 'delivered';
      readonly model: string;
      readonly id: string;
      readonly attempt: number;
    }
  | {
      readonly type: 'retried' | 'abandoned';
      readonly model: string;
      readonly id: string;
      readonly attempt: number;
      readonly reason: string;
    };

/** Options of {@link forwardEvents} and {@link forwardPending}. */
export interface ForwardOptions {
  readonly store: ObjectStore;
  /** Destination: one URL; several destinations are several forwarders, each with a separate cursor. */
  readonly url: string;
  readonly sender: EventSender;
  /** Stores the position of the delivered events: see `fileCursor`. */
  readonly cursor: EventCursor;
  /**
   * Start of a new cursor: the next event, or the first event of the history.
   *
   * @defaultValue `'now'`
   */
  readonly from?: 'now' | 'start';
  /**
   * Mean time between two polls of the store, in milliseconds, at most 2147483647.
   *
   * @defaultValue 10000
   */
  readonly pollIntervalMs?: number;
  /**
   * Maximum pause between two deliveries of one event, in milliseconds; limits the delay of the sender.
   *
   * @defaultValue 300000
   */
  readonly maxDelayMs?: number;
  /**
   * Deliveries before an event is abandoned, and the next one of its model is delivered.
   *
   * @defaultValue `Infinity`: a rejected event blocks later events of its model, and none is lost
   */
  readonly maxAttempts?: number;
  /** True for the types of events to forward; the others are skipped. @defaultValue all */
  readonly filter?: (type: string) => boolean;
  /** Called for each delivery: it arrived, is retried, or was abandoned. */
  readonly onNotice?: (notice: ForwardNotice) => void;
  /** Called for each failed poll; forwarding continues. */
  readonly onError?: (error: unknown) => void;
  /** Ends the forwarding, at the latest after the current delivery. */
  readonly signal?: AbortSignal;
}

/** Names of {@link ForwardOptions}. */
export const forwardOptionNames = {
  store: 'required',
  url: 'required',
  sender: 'required',
  cursor: 'required',
  from: 'optional',
  pollIntervalMs: 'optional',
  maxDelayMs: 'optional',
  maxAttempts: 'optional',
  filter: 'optional',
  onNotice: 'optional',
  onError: 'optional',
  signal: 'optional',
} as const;

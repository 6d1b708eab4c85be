import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { isJobId } from '../queue/job-identity.ts';
import type { LeaseOptions, JobDepth } from '../queue/job-queue.ts';

/** A message that this process received. */
export interface ReceivedMessage {
  readonly id: string;
  /** Number of counted receptions, this one included. */
  readonly attempt: number;
  /** Sets the visibility timeout to `ms` milliseconds from now. */
  hide(ms: number): Promise<void>;
  remove(): Promise<void>;
  /** Sends the message again, so that this reception doesn't count. */
  sendAgain(delayMs: number): Promise<void>;
}

// Limits of SQS: DelaySeconds, VisibilityTimeout and WaitTimeSeconds.
const MAX_DELAY_SECONDS = 900;
const MAX_HIDDEN_SECONDS = 43_200;
const WAIT_SECONDS = 20;

/** Queue of SQS whose messages are ids of jobs. */
export class JobMessages {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  /** Sends a message; `attempts` counts receptions of earlier messages. */
  async send(id: string, { attempts = 0, delayMs = 0 } = {}): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#url,
        MessageBody: JSON.stringify({ id, attempts }),
        DelaySeconds: seconds(delayMs, MAX_DELAY_SECONDS),
      }),
    );
  }

  /** Waits for a message until `signal` aborts. */
  async receive({ leaseMs, signal }: LeaseOptions): Promise<ReceivedMessage | undefined> {
    while (!signal.aborted) {
      const command = new ReceiveMessageCommand({
        QueueUrl: this.#url,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: Math.max(1, seconds(leaseMs, MAX_HIDDEN_SECONDS)),
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      });
      const received = await this.#client
        .send(command, { abortSignal: signal })
        .catch((error: unknown) => {
          if (signal.aborted) return undefined;
          throw error;
        });
      const [message] = received?.Messages ?? [];
      const { Body = '', ReceiptHandle = '', Attributes } = message ?? {};
      const content = parse(Body);
      if (message === undefined) continue;
      if (content === undefined) {
        await this.#remove(ReceiptHandle);
        continue;
      }
      const { id, attempts } = content;
      const attempt = attempts + Number(Attributes?.ApproximateReceiveCount ?? 1);
      return {
        id,
        attempt,
        hide: (ms) => this.#hide(ReceiptHandle, ms),
        remove: () => this.#remove(ReceiptHandle),
        sendAgain: async (delayMs) => {
          // In this order there may be two messages for a moment, but never none.
          await this.send(id, { attempts: attempt - 1, delayMs });
          await this.#remove(ReceiptHandle);
        },
      };
    }
    return undefined;
  }

  /** Approximate number of messages. */
  async depth(): Promise<JobDepth> {
    const { Attributes: counts } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#url,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesDelayed',
          'ApproximateNumberOfMessagesNotVisible',
        ],
      }),
    );
    const count = (name: keyof NonNullable<typeof counts>): number => Number(counts?.[name] ?? 0);
    return {
      queued: count('ApproximateNumberOfMessages') + count('ApproximateNumberOfMessagesDelayed'),
      running: count('ApproximateNumberOfMessagesNotVisible'),
    };
  }

  async #hide(ReceiptHandle: string, ms: number): Promise<void> {
    await this.#client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.#url,
        ReceiptHandle,
        VisibilityTimeout: seconds(ms, MAX_HIDDEN_SECONDS),
      }),
    );
  }

  async #remove(ReceiptHandle: string): Promise<void> {
    await this.#client.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle }));
  }
}

function seconds(ms: number, max: number): number {
  return Math.min(Math.ceil(ms / 1000), max);
}

/** Parses the body of a message; undefined for a message of another program. */
function parse(body: string): { readonly id: string; readonly attempts: number } | undefined {
  try {
    const { id, attempts } = JSON.parse(body) as { id?: unknown; attempts?: unknown };
    const isValid = typeof id === 'string' && isJobId(id) && typeof attempts === 'number';
    return isValid ? { id, attempts } : undefined;
  } catch {
    return undefined;
  }
}

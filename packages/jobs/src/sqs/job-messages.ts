import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { LeaseOptions, JobDepth } from '../queue/job-queue.ts';

/** A message that this process has received. */
export interface ReceivedMessage {
  readonly id: string;
  /** How often it was received and counted, this time included. */
  readonly attempt: number;
  /** Hides it from others for so long from now. */
  hide(ms: number): Promise<void>;
  remove(): Promise<void>;
  /** Puts it back so that this time doesn't count. */
  sendAgain(delayMs: number): Promise<void>;
}

// Of SQS: what a message may be delayed and hidden for, and a receiver may wait.
const MAX_DELAY_SECONDS = 900;
const MAX_HIDDEN_SECONDS = 43_200;
const WAIT_SECONDS = 20;

/** One queue of SQS, whose messages are ids of jobs. */
export class JobMessages {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  /** `attempts` were made before, by other messages. */
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
          // In this order: between the two there may be two of them, but never none.
          await this.send(id, { attempts: attempt - 1, delayMs });
          await this.#remove(ReceiptHandle);
        },
      };
    }
    return undefined;
  }

  /** About how many there are. */
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

function seconds(ms: number, most: number): number {
  return Math.min(Math.ceil(ms / 1000), most);
}

/** What is not a message of ours is undefined. */
function parse(body: string): { readonly id: string; readonly attempts: number } | undefined {
  try {
    const { id, attempts } = JSON.parse(body) as { id?: unknown; attempts?: unknown };
    return typeof id === 'string' && typeof attempts === 'number' ? { id, attempts } : undefined;
  } catch {
    return undefined;
  }
}

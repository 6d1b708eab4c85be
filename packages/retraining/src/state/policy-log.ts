import { checkModel, checkOptions } from '../check-options.ts';
import type { RetrainingObjects } from './retraining-objects.ts';
import {
  encodeDocument,
  invalidDocument,
  isText,
  isWhole,
  MAX_DOCUMENT_BYTES,
  numbersOf,
  parseDocument,
} from './stored-document.ts';
import { RetrainingError } from '../retraining-error.ts';
import { readPolicy, type RetrainingPolicyInput } from '../policy/read-policy.ts';
import type { RetrainingPolicy } from '../policy/retraining-policy.ts';

const FORMAT = 'fairlead-retraining-policy';
const ATTEMPTS = 20;
const NAME = /^(\d{8})\.json$/;

/** Person or service that makes a change, and its reason. */
export interface RetrainingAudit {
  readonly actor: string;
  readonly reason: string;
}

/** Policy as it is stored. */
export interface StoredPolicy extends RetrainingAudit {
  /** Number of the document, from 1; the last one counts. */
  readonly number: number;
  /** Time in milliseconds since the epoch. */
  readonly at: number;
  readonly policy: RetrainingPolicy;
}

/** Options of a {@link PolicyLog}. */
export interface PolicyLogOptions {
  readonly objects: RetrainingObjects;
  readonly model: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/**
 * Policies of a model in a store: numbered documents that never change, the last of which counts.
 *
 * ```text
 * retraining/churn/policy/00000002.json
 * ```
 *
 * @throws RetrainingError `ERR_RETRAINING_INVALID_OPTION` for a name of a model that can't be part of a key
 *
 * @example
 * ```ts
 * import { PolicyLog, readPolicy } from '@fairlead/retraining';
 *
 * const bodies = new Map<string, Uint8Array>();
 * const objects = {
 *   create: async (key: string, body: Uint8Array) => !bodies.has(key) && bodies.set(key, body) !== undefined,
 *   read: async (key: string) => bodies.get(key),
 *   list: async () => [...bodies.keys()].map((key) => ({ name: key.slice(key.lastIndexOf('/') + 1), kind: 'object' }) as const),
 * };
 * const log = new PolicyLog({ objects, model: 'churn' });
 * const policy = readPolicy({ training: { command: ['./train'] } });
 * const { number } = await log.set(policy, { actor: 'ada', reason: 'weekly' });
 * console.log(number, (await log.latest())?.policy.training.command); // 1 [ './train' ]
 * ```
 */
export class PolicyLog {
  readonly #objects: RetrainingObjects;
  readonly #model: string;
  readonly #now: () => number;

  constructor(options: PolicyLogOptions) {
    const {
      objects,
      model,
      now = Date.now,
    } = checkOptions('PolicyLog', options, {
      ...{ objects: 'required', model: 'required', now: 'optional' },
    });
    this.#objects = objects;
    this.#model = checkModel('PolicyLog', model);
    this.#now = now;
  }

  /** Stores a policy as the next document. */
  async set(policy: RetrainingPolicy, { actor, reason }: RetrainingAudit): Promise<StoredPolicy> {
    for (let attempt = 1; ; attempt += 1) {
      const number = (await this.#numbers()).at(-1) ?? 0;
      const stored = { number: number + 1, at: this.#now(), actor, reason, policy };
      const body = encodeDocument(FORMAT, stored);
      if (await this.#objects.create(this.#key(stored.number), body)) return stored;
      if (attempt < ATTEMPTS) continue;
      throw new RetrainingError(
        'ERR_RETRAINING_CONFLICT',
        `The policy of ${this.#model} is changed by others at the same time. Try again.`,
      );
    }
  }

  /**
   * Reads the policy that counts; undefined without one.
   *
   * @throws RetrainingError `ERR_RETRAINING_STATE_INVALID`
   */
  async latest(): Promise<StoredPolicy | undefined> {
    const number = (await this.#numbers()).at(-1);
    return number === undefined ? undefined : this.#read(number);
  }

  /** Reads all policies, the first one first. */
  async all(): Promise<readonly StoredPolicy[]> {
    return Promise.all((await this.#numbers()).map((number) => this.#read(number)));
  }

  async #read(number: number): Promise<StoredPolicy> {
    const key = this.#key(number);
    const bytes = await this.#objects.read(key, { maxBytes: MAX_DOCUMENT_BYTES });
    if (bytes === undefined) throw invalidDocument(key, 'it is listed, and can not be read');
    const { fields, require } = parseDocument(bytes, FORMAT, key);
    return {
      number,
      at: require('at', isWhole),
      actor: require('actor', isText),
      reason: require('reason', isText),
      policy: parsePolicy(fields.policy, key),
    };
  }

  async #numbers(): Promise<readonly number[]> {
    return numbersOf(await this.#objects.list(`retraining/${this.#model}/policy`), NAME);
  }

  #key(number: number): string {
    return `retraining/${this.#model}/policy/${String(number).padStart(8, '0')}.json`;
  }
}

/** Reads the policy of a stored document. */
export function parsePolicy(policy: unknown, key: string): RetrainingPolicy {
  try {
    return readPolicy(policy as RetrainingPolicyInput);
  } catch (cause) {
    throw invalidDocument(key, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

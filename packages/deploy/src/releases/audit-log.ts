import { randomUUID } from 'node:crypto';

import type { ObjectStore } from '@fairlead/registry';
import * as z from 'zod';

import { stampOf } from './stamp.ts';

/** Largest entry that is read, in bytes. */
const MAX_ENTRY_BYTES = 64 * 1024;

const entrySchema = z.object({
  format: z.literal('fairlead-audit/1'),
  id: z.string(),
  at: z.iso.datetime(),
  phase: z.enum(['started', 'finished']),
  actor: z.string(),
  reason: z.string().optional(),
  command: z.string(),
  environment: z.string(),
  release: z.string().optional(),
  outcome: z.string().optional(),
  newHosts: z.string().optional(),
});

/** A change of an environment, as it is recorded when it starts. It has no secret: no arguments, no answers, no logs. */
export interface AuditedChange {
  /** Person or program that makes the change. */
  readonly actor: string;
  /** Reason of the change, such as a ticket or the address of a CI run. @defaultValue none */
  readonly reason?: string | undefined;
  /** Command that makes the change, such as `deploy`. */
  readonly command: string;
  /** Name of the environment. */
  readonly environment: string;
  /** Digest of the release. @defaultValue none, for a change that has none */
  readonly release?: string | undefined;
}

/** Entry of an audit log. A change that was killed has an entry for its start only. */
export interface AuditEntry extends AuditedChange {
  readonly format: 'fairlead-audit/1';
  /** Unique to the change: the entries of its start and of its end have the same. */
  readonly id: string;
  /** Time in ISO 8601, UTC. */
  readonly at: string;
  readonly phase: 'started' | 'finished';
  /** Result, such as `activated` or the code of an error; of an entry for an end. */
  readonly outcome?: string | undefined;
  /** Release that new hosts start with since this change, also if it failed later; of an entry for an end. */
  readonly newHosts?: string | undefined;
}

/** Facts of a change that are recorded at its end, also when it fails. */
export type AuditedFacts = Pick<AuditEntry, 'newHosts'>;

/** Log of the changes of environments. Entries are objects that are created once, and never changed. */
export interface AuditLog {
  /**
   * Records a change: its start before `work`, and its end with the outcome. Without an entry for the start, `work` isn't called.
   */
  record<T>(
    change: AuditedChange,
    work: (note: (facts: AuditedFacts) => void) => Promise<T>,
    options: {
      /** Returns the outcome of a result, and the release if it wasn't known before; an error is recorded with its code. */
      readonly resultOf: (result: T) => {
        readonly outcome: string;
        readonly release?: string | undefined;
      };
      /** Called when the end can't be recorded; the change was made. */
      readonly onLost?: (error: unknown) => void;
    },
  ): Promise<T>;
  /** Reads the entries, the oldest first; those of one environment if it is named. */
  entries(options?: { readonly environment?: string | undefined }): Promise<readonly AuditEntry[]>;
}

/** Returns the audit log in a store: one object for each entry, whose content is one line of JSON. */
export function auditLogIn(store: ObjectStore, now: () => Date): AuditLog {
  const append = async (entry: Omit<AuditEntry, 'format' | 'at'>): Promise<void> => {
    const at = now();
    const { id, phase } = entry;
    const line = `${JSON.stringify({ format: 'fairlead-audit/1', at: at.toISOString(), ...entry })}\n`;
    const key = `audit/${at.toISOString().slice(0, 7)}/${stampOf(at)}-${id}-${phase}.json`;
    await store.create(key, Buffer.from(line));
  };
  return {
    async record(change, work, { resultOf, onLost = () => undefined }) {
      const id = randomUUID();
      const { actor, reason, command, environment, release } = change;
      const recorded = { id, actor, reason, command, environment, release };
      await append({ ...recorded, phase: 'started' });
      let facts: AuditedFacts = {};
      const finish = (end: Pick<AuditEntry, 'outcome' | 'release'>): Promise<void> =>
        append({
          ...{ ...recorded, ...facts },
          release: end.release ?? release,
          phase: 'finished',
          outcome: end.outcome,
        }).catch(onLost);
      try {
        const result = await work((found) => {
          facts = { ...facts, ...found };
        });
        await finish(resultOf(result));
        return result;
      } catch (error) {
        await finish({ outcome: codeOf(error) });
        throw error;
      }
    },
    async entries({ environment } = {}) {
      const found: AuditEntry[] = [];
      for (const { name: month } of await store.list('audit')) {
        for (const { name } of await store.list(`audit/${month}`)) {
          const content = await store.read(`audit/${month}/${name}`, { maxBytes: MAX_ENTRY_BYTES });
          const entry = content === undefined ? undefined : parse(content);
          if (entry === undefined) continue;
          if (environment === undefined || entry.environment === environment) found.push(entry);
        }
      }
      return found;
    },
  };
}

/** Returns the code of an error: its message may repeat what a host answered. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return 'error';
}

/** Reads an entry; `undefined` for one of another format. */
function parse(content: Uint8Array): AuditEntry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(Buffer.from(content).toString())).data;
  } catch {
    return undefined;
  }
}

import type { HostedSession } from './hosted-session.ts';

/** The sessions of one version: those that are idle are handed out, and what finds none waits for the next one. */
export class SessionSlots {
  readonly #sessions = new Set<HostedSession>();
  readonly #idle: HostedSession[] = [];
  readonly #waiting: PromiseWithResolvers<HostedSession>[] = [];

  get size(): number {
    return this.#sessions.size;
  }

  /** True if no session executes anything. */
  get allIdle(): boolean {
    return this.#idle.length === this.#sessions.size;
  }

  /** All sessions, idle or not. */
  all(): readonly HostedSession[] {
    return [...this.#sessions];
  }

  has(session: HostedSession): boolean {
    return this.#sessions.has(session);
  }

  /** Adds a session; it is idle once it is freed. */
  add(session: HostedSession): void {
    this.#sessions.add(session);
  }

  /** An idle session, if there is one. */
  take(): HostedSession | undefined {
    return this.#idle.pop();
  }

  /** The session that is freed next. */
  next(): Promise<HostedSession> {
    const next = Promise.withResolvers<HostedSession>();
    this.#waiting.push(next);
    return next.promise;
  }

  free(session: HostedSession): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(session);
    else next.resolve(session);
  }

  /** Removes a session, and says whether it was there and what it did. */
  remove(session: HostedSession): 'idle' | 'busy' | 'unknown' {
    if (!this.#sessions.delete(session)) return 'unknown';
    const index = this.#idle.indexOf(session);
    if (index === -1) return 'busy';
    this.#idle.splice(index, 1);
    return 'idle';
  }

  /** Fails what waits for a session. */
  rejectWaiting(error: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}

import type { Notice, NoticeDestination } from '../../src/index.ts';

/** A destination that stores what it receives; `fail` decides about each attempt. */
export class CollectedNotices implements NoticeDestination {
  readonly name: string;
  readonly notices: Notice[] = [];
  readonly attempts: Notice[] = [];
  fail: (notice: Notice, signal: AbortSignal) => Promise<void> | undefined = () => undefined;

  constructor(name = 'list') {
    this.name = name;
  }

  async send(notice: Notice, signal: AbortSignal): Promise<void> {
    this.attempts.push(notice);
    await this.fail(notice, signal);
    this.notices.push(notice);
  }

  get summary(): readonly string[] {
    return this.notices.map(
      ({ status, key, count, total }) => `${status} ${key} ${count}/${total}`,
    );
  }
}

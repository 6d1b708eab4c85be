import { MemoryCounts, type SharedCounts, type Taken, type TakeRequest } from '@fairlead/security';

/**
 * Counts that the processes of a host share, in one of these processes.
 *
 * While the process that has the common count hangs or has ended, this one allows its share of each limit, counted from then on.
 */
export class HostCounts implements SharedCounts {
  readonly #processes: number;
  readonly #takeFromParent: (request: TakeRequest) => Promise<Taken>;
  readonly #alone: MemoryCounts;

  /**
   * @param processes - processes of the host that share the counts
   * @param takeFromParent - takes from the common count
   */
  constructor(
    processes: number,
    takeFromParent: (request: TakeRequest) => Promise<Taken>,
    now?: () => number,
  ) {
    this.#processes = processes;
    this.#takeFromParent = takeFromParent;
    this.#alone = new MemoryCounts(now);
  }

  take(request: TakeRequest): Promise<Taken> {
    return this.#takeFromParent(request).catch(() => this.#takeAlone(request));
  }

  #takeAlone(request: TakeRequest): Taken {
    const { limit } = request;
    const share = Math.max(1, Math.floor(limit / this.#processes));
    const { before, ...taken } = this.#alone.take({ ...request, limit: share });
    return { ...taken, before: limit - share + before };
  }
}

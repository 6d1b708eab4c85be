import { httpCall, type HttpAddress } from '@fairlead/test-support';

/** Input of the model `slow`: about 70 µs for each time on a fast machine. */
export const slowBody = (times: number) => ({
  inputs: [{ name: 'times', datatype: 'INT64', shape: [1], data: [times] }],
});

const FIRST_TIMES = 3_000;

/** Requests of the model `slow` that are computed, or wait for it. */
export interface SlowRequests<T> {
  readonly answers: Promise<readonly T[]>;
  /** Answers of those that were faster than the page of metrics. */
  readonly earlier: readonly T[];
}

/**
 * Sends requests of the model `slow` at the same time, and resolves when all of them have arrived and the gateway still works on at least one. A busy machine may show that too
 * late: then it sends longer ones.
 *
 * @param send Sends one, with as many times as it gets.
 */
export async function sendSlow<T>(
  address: HttpAddress,
  send: (times: number) => Promise<T>,
  count = 1,
): Promise<SlowRequests<T>> {
  const earlier: T[] = [];
  for (let times = FIRST_TIMES; ; times *= 2) {
    let ended = 0;
    const sent = Array.from({ length: count }, () => send(times));
    for (const each of sent) {
      void each.then(
        () => (ended += 1),
        () => (ended += 1),
      );
    }
    while (ended < count) {
      const pending = await pendingSlow(address);
      if (pending > 0 && pending + ended >= count) return { answers: Promise.all(sent), earlier };
    }
    earlier.push(...(await Promise.all(sent)));
  }
}

async function pendingSlow(address: HttpAddress): Promise<number> {
  const { body } = await httpCall(address, '/metrics');
  const line = /^nv_inference_pending_request_count\{model="slow",version="1"\} (\d+)$/m.exec(body);
  return Number(line?.[1] ?? 0);
}

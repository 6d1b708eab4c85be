import { Counter, Gauge, type Registry } from 'prom-client';
import { checkFunction, checkOptions } from '../check-options.ts';
import { checkMetricNames } from '../check-metric-names.ts';
import type { OptionNames } from '../options-problem.ts';
import type { NoticeCounts } from './delivery-queue.ts';

/** Options of {@link noticeMetrics}. */
export interface NoticeMetricsOptions {
  /** Registry of the metrics. */
  readonly registry: Registry;
  /** Returns the counts of a notifier; called at each scrape. */
  readonly read: () => readonly NoticeCounts[];
}

const optionNames: OptionNames<NoticeMetricsOptions> = { registry: 'required', read: 'required' };

const NOTICES = 'fairlead_notices_total';
const WAITING = 'fairlead_notices_waiting';

/**
 * Adds metrics of notices by destination: sent, lost by cause, and waiting.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_METRIC_NAME_TAKEN` if the registry has one of the metrics already.
 *
 * @example
 * ```ts
 * import { InferenceMetrics, noticeMetrics, Notifier } from '@fairlead/monitoring';
 *
 * const { registry } = new InferenceMetrics();
 * const list = { name: 'list', send: async () => undefined };
 * const notifier = new Notifier({ destinations: [list], service: 'shop' });
 * noticeMetrics({ registry, read: () => notifier.counts });
 * notifier.report({ kind: 'drift', model: 'digits', summary: 'digits: age drifts' });
 * await notifier.close();
 * const page = await registry.metrics();
 * console.log(page.includes('fairlead_notices_total{destination="list",result="sent"} 1')); // true
 * ```
 */
export function noticeMetrics(options: NoticeMetricsOptions): void {
  const { registry, read } = checkOptions('noticeMetrics', options, optionNames);
  checkFunction('read', read);
  checkMetricNames(registry, [NOTICES, WAITING]);
  const registers = [registry];
  new Counter({
    name: NOTICES,
    help: 'Notices by destination and result: sent, or lost by cause.',
    labelNames: ['destination', 'result'],
    registers,
    collect() {
      this.reset();
      for (const { destination, sent, lost } of read()) {
        this.inc({ destination, result: 'sent' }, sent);
        for (const [cause, count] of Object.entries<number>({ ...lost })) {
          this.inc({ destination, result: cause }, count);
        }
      }
    },
  });
  new Gauge({
    name: WAITING,
    help: 'Notices that wait for their destination.',
    labelNames: ['destination'],
    registers,
    collect() {
      this.reset();
      for (const { destination, waiting } of read()) this.set({ destination }, waiting);
    },
  });
}

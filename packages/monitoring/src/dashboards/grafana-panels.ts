import { max, mean, quantile, rate, requests, sum } from './prometheus-expressions.ts';

/** Curves of one panel. */
export interface PanelDefinition {
  readonly title: string;
  readonly description: string;
  /** Unit of Grafana: `reqps`, `percentunit`, `s`, `bytes`, `short`. */
  readonly unit: string;
  /** Expressions by the names of their curves. */
  readonly curves: Readonly<Record<string, string>>;
}

/** Panels below one heading. */
export interface PanelRow {
  readonly title: string;
  readonly panels: readonly PanelDefinition[];
}

/** The models that are chosen at the top of the dashboard. */
const where = 'model=~"$model"';
const chosen = { where };

const inference: PanelRow = {
  title: 'Inference',
  panels: [
    {
      title: 'Requests',
      description: 'Requests that loaded versions answered or refused.',
      unit: 'reqps',
      curves: { '{{model}}': requests(chosen) },
    },
    {
      title: 'Failures',
      description:
        'BACKEND: the runtime. REJECTED: overload. CANCELED: the client. OTHER: invalid input.',
      unit: 'percentunit',
      curves: {
        '{{model}} {{reason}}': `${rate('nv_inference_request_failure', 'model, reason', chosen)} / on (model) group_left () ${requests(chosen)}`,
      },
    },
    {
      title: 'Latency',
      description: 'End-to-end time of successful requests.',
      unit: 's',
      curves: Object.fromEntries(
        [0.5, 0.95, 0.99].map((share) => [
          `{{model}} p${Math.round(share * 100)}`,
          quantile('fairlead_request_duration_seconds', share, 'model', chosen),
        ]),
      ),
    },
    {
      title: 'Time in the queue',
      description: 'Part of the latency: waiting for a runtime.',
      unit: 's',
      curves: {
        '{{model}} p50': quantile('fairlead_queue_duration_seconds', 0.5, 'model', chosen),
        '{{model}} p99': quantile('fairlead_queue_duration_seconds', 0.99, 'model', chosen),
      },
    },
    {
      title: 'Time in the runtime',
      description: 'Mean of successful requests.',
      unit: 's',
      curves: {
        '{{model}}': `${rate('nv_inference_compute_infer_duration_us', 'model', chosen)} / ${rate('nv_inference_request_success', 'model', chosen)} / 1e6`,
      },
    },
    {
      title: 'Pending requests',
      description: 'Accepted and not yet answered.',
      unit: 'short',
      curves: { '{{model}}': sum('nv_inference_pending_request_count', 'model', chosen) },
    },
    {
      title: 'Rows of a batch',
      description: 'Mean of the rows that ran together.',
      unit: 'short',
      curves: { '{{model}}': mean('fairlead_batch_size', 'model', chosen) },
    },
    {
      title: 'Response cache',
      description: 'Share of the lookups that were hits.',
      unit: 'percentunit',
      curves: {
        '{{model}}': `${rate('nv_cache_num_hits_per_model', 'model', chosen)} / (${rate('nv_cache_num_hits_per_model', 'model', chosen)} + ${rate('nv_cache_num_misses_per_model', 'model', chosen)})`,
      },
    },
    {
      title: 'Fallbacks',
      description: 'Requests forwarded to a fallback.',
      unit: 'reqps',
      curves: {
        '{{model}} → {{fallback_model}}: {{reason}}': rate(
          'fairlead_fallback_requests_total',
          'model, fallback_model, reason',
          chosen,
        ),
      },
    },
    {
      title: 'Versions',
      description: 'Requests of each version.',
      unit: 'reqps',
      curves: {
        '{{model}} {{version}}': rate('nv_inference_request_success', 'model, version', chosen),
      },
    },
  ],
};

const gateway: PanelRow = {
  title: 'Gateway',
  panels: [
    {
      title: 'HTTP requests',
      description: 'By status code; "aborted" if the client disconnected.',
      unit: 'reqps',
      curves: { '{{code}}': rate('http_requests_total', 'code') },
    },
    {
      title: 'HTTP latency',
      description: '99th percentile by route.',
      unit: 's',
      curves: { '{{route}}': quantile('http_request_duration_seconds', 0.99, 'route') },
    },
    {
      title: 'HTTP requests in flight',
      description: 'Not ended yet.',
      unit: 'short',
      curves: { '{{instance}}': sum('http_requests_in_flight', 'instance') },
    },
    {
      title: 'Event loop',
      description: '99th percentile of the delay of callbacks.',
      unit: 's',
      curves: { '{{instance}}': max('nodejs_eventloop_lag_p99_seconds', 'instance') },
    },
    {
      title: 'Processor',
      description: 'Seconds of processor time per second.',
      unit: 'short',
      curves: { '{{instance}}': rate('process_cpu_seconds_total', 'instance') },
    },
    {
      title: 'Memory',
      description: 'Resident memory of the process, and the part that loaded models take.',
      unit: 'bytes',
      curves: {
        '{{instance}}': max('process_resident_memory_bytes', 'instance'),
        'models of {{instance}}': sum('fairlead_model_memory_bytes', 'instance', {
          where: 'kind="resident"',
        }),
      },
    },
    {
      title: 'Registry and keys file',
      description: 'Time since they could last be read.',
      unit: 's',
      curves: {
        'alias of {{model}}': max('fairlead_registry_staleness_seconds', 'model', chosen),
        'keys file of {{instance}}': max('fairlead_keys_file_staleness_seconds', 'instance'),
      },
    },
  ],
};

const jobs: PanelRow = {
  title: 'Asynchronous jobs',
  panels: [
    {
      title: 'Jobs',
      description: 'Queued and running jobs of the whole queue.',
      unit: 'short',
      curves: { '{{state}}': max('fairlead_jobs', 'state') },
    },
    {
      title: 'Finished jobs',
      description: 'Jobs per second, by outcome.',
      unit: 'short',
      curves: {
        '{{model}} {{state}}': rate('fairlead_jobs_finished_total', 'model, state', chosen),
      },
    },
    {
      title: 'Events of jobs',
      description: 'Retries, lost leases, webhooks, failures of the queue.',
      unit: 'short',
      curves: { '{{type}}': rate('fairlead_job_events_total', 'type') },
    },
  ],
};

const watching: PanelRow = {
  title: 'Drift and recording',
  panels: [
    {
      title: 'Drifted features',
      description: 'Features and outputs of each version, by the newest verdict.',
      unit: 'short',
      curves: {
        '{{model}} {{version}}': max('fairlead_drift_features', 'model, version', {
          where: `status="drift",${where}`,
        }),
      },
    },
    {
      title: 'Which features drift',
      description: '1 from the verdict on, until the feature is fine again.',
      unit: 'short',
      curves: {
        '{{model}} {{feature}}': max('fairlead_feature_drift', 'model, feature', chosen),
      },
    },
    {
      title: 'Age of the verdict',
      description: 'Time since the end of the hours that were judged.',
      unit: 's',
      curves: {
        '{{model}} {{version}}': `time() - ${max('fairlead_drift_judged_timestamp_seconds', 'model, version', chosen)}`,
      },
    },
    {
      title: 'Recorded requests',
      description: 'Counted in windows, and seen by the recorder that captures a share of them.',
      unit: 'reqps',
      curves: {
        windows: rate('fairlead_window_requests_total', ''),
        capture: rate('fairlead_capture_requests_seen_total', ''),
      },
    },
    {
      title: 'Lost by the recorders',
      description: 'Requests that are answered, and missing in windows or captured requests.',
      unit: 'reqps',
      curves: {
        windows: rate('fairlead_window_requests_lost_total', ''),
        'capture: {{reason}}': rate('fairlead_capture_requests_lost_total', 'reason'),
        'records: {{reason}}': rate('fairlead_records_lost_total', 'reason'),
      },
    },
    {
      title: 'Windows that wait for the store',
      description: 'In memory, and in the spool folders of the hosts.',
      unit: 'short',
      curves: { '{{instance}} {{place}}': sum('fairlead_windows_waiting', 'instance, place') },
    },
    {
      title: 'Captured requests that wait for the store',
      description: 'In memory and on the disks of the hosts.',
      unit: 'bytes',
      curves: { '{{instance}}': sum('fairlead_capture_waiting_bytes', 'instance') },
    },
  ],
};

/** Rows of the dashboard, from top to bottom. */
export const panelRows: readonly PanelRow[] = [inference, watching, gateway, jobs];

/** Requests at one rate, and what was observed. */
export interface LoadPoint {
  /** Requests a second that were sent, independent of responses. */
  readonly offeredPerSecond: number;
  /** Share of the available processor time that the gateway used, from 0 to 1. */
  readonly utilization: number;
  /** Cores that the gateway could use: those it was pinned to, without what other processes used of them. */
  readonly availableCores: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the gateway for a request, in milliseconds. */
  readonly processorMs: number;
  readonly requests: number;
  /** Responses other than 200, and requests without a response. */
  readonly failed: number;
}

/** Throughput of a gateway that is never idle. */
export interface Saturation {
  readonly requestsPerSecond: number;
  /** Processor time of the gateway for a request, in milliseconds. */
  readonly processorMs: number;
  /** Cores that the gateway could use: those it was pinned to, without what other processes used of them. */
  readonly availableCores: number;
  readonly failed: number;
}

/** Machine of a measurement. */
export interface MeasuredMachine {
  /** Name of its processor in instance data, such as `graviton4`; undefined if it has none of EC2's. */
  readonly processor?: string;
  /** Name that the machine reports. */
  readonly model: string;
  readonly cores: number;
  /** Largest share of the gateway's cores that other processes used during a step, from 0 to 1. */
  readonly disturbance: number;
}

/** Measurement of a model behind the gateway on one core. */
export interface ModelMeasurement {
  /** Version of this format. */
  readonly format: 1;
  readonly model: string;
  /** Time of the measurement, as ISO 8601. */
  readonly at: string;
  readonly machine: MeasuredMachine;
  /** Rows of the request that was sent. */
  readonly rowsPerRequest: number;
  /** Time from the start of the process to the first response, in milliseconds. */
  readonly loadMs: number;
  /** Memory of one process after the load, in bytes; pages that processes share are counted in part. */
  readonly memoryBytes: number;
  /** Compute time of the runtime for a row with no load, in milliseconds. */
  readonly computeMs: number;
  /** Latency with no load, in milliseconds. */
  readonly idle: { readonly p50Ms: number; readonly p99Ms: number };
  readonly saturation: Saturation;
  readonly points: readonly LoadPoint[];
}

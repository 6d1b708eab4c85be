/** Architecture of a processor, as EC2 names it. */
export type Architecture = 'arm64' | 'x86_64';

/** Generation of a processor of EC2. */
export interface Processor {
  /** Name, such as `graviton4`. */
  readonly name: string;
  readonly architecture: Architecture;
  /** Work of one vCPU in a second, relative to one vCPU of M5 (Intel Skylake), by what AWS published. */
  readonly speed: number;
  /** Published statement that `speed` follows from. */
  readonly source: string;
}

/** Type of an EC2 instance. */
export interface InstanceType {
  /** Name, such as `m8g.large`. */
  readonly type: string;
  /** Name of its {@link Processor}. */
  readonly processor: string;
  readonly architecture: Architecture;
  readonly vcpus: number;
  /** Memory, in bytes. */
  readonly memoryBytes: number;
  /** Share of its vCPUs that a burstable type may use without a surcharge; undefined for types that aren't burstable. */
  readonly baseline?: number;
  /** Price on demand for Linux, in US dollars an hour, by region. */
  readonly pricePerHour: Readonly<Record<string, number>>;
}

/** Instance types with their prices, as they were at a date in each region. */
export interface InstanceData {
  /** Version of this format. */
  readonly format: 1;
  /** Date of the price list of each region, such as `2026-11-30`. */
  readonly priceDates: Readonly<Record<string, string>>;
  /** Where the figures are from. */
  readonly sources: readonly string[];
  readonly processors: readonly Processor[];
  readonly types: readonly InstanceType[];
}

/** Surcharge of burstable types above their baseline in unlimited mode, in US dollars for a vCPU-hour: https://aws.amazon.com/ec2/pricing/on-demand/ */
export const BURST_SURCHARGE: Readonly<Record<Architecture, number>> = {
  arm64: 0.04,
  x86_64: 0.05,
};

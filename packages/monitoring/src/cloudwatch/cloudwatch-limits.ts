/** Limits of CloudWatch; source: the API reference of PutMetricData and MetricDatum, and "CloudWatch service quotas". */
export const cloudWatchLimits = {
  datumsPerRequest: 1000,
  /** Size of the body before compression; decimal, the stricter reading of "1 MB". */
  requestBytes: 1_000_000,
  /** Different values in one datum's `Values`. */
  valuesPerDatum: 150,
  dimensions: 30,
  nameLength: 255,
  dimensionValueLength: 1024,
  /** Values lie between −2^360 and 2^360, and those closer to 0 than 2^−360 count as "too small". */
  magnitude: 2 ** 360,
  maxAgeMs: 14 * 24 * 60 * 60 * 1000,
  maxAheadMs: 2 * 60 * 60 * 1000,
} as const;

import type { MetricDatum } from '@aws-sdk/client-cloudwatch';

const prefix = '&MetricData.member.1000.'.length;
/** Name, value and their separators of `Values.member.150=` or `Counts.member.150=`; `+` in an exponent takes three. */
const perNumber = prefix + 'Values.member.150='.length + 2;
const perDimension = 2 * (prefix + 'Dimensions.member.30.Value='.length);
/** Metric name, timestamp, unit and storage resolution, with their keys. */
const fixed = 4 * (prefix + 'StorageResolution='.length) + 64;

/**
 * Returns an upper bound of the bytes of a datum in the body of a request, before compression.
 *
 * It is measured in the AWS Query protocol (`MetricData.member.1.Values.member.1=…`), which older releases of
 * `@aws-sdk/client-cloudwatch` 3 use: it is the longest format, JSON and CBOR take a fraction of it.
 */
export function datumBytes(datum: MetricDatum): number {
  // A character takes at most three bytes when it is URL-encoded.
  let bytes = fixed + 3 * (datum.MetricName?.length ?? 0);
  for (const { Name = '', Value = '' } of datum.Dimensions ?? []) {
    bytes += perDimension + 3 * (Name.length + Value.length);
  }
  for (const numbers of [datum.Values ?? [], datum.Counts ?? []]) {
    for (const number of numbers) bytes += perNumber + String(number).length;
  }
  return bytes;
}

import { StandardUnit } from '@aws-sdk/client-cloudwatch';
import { checkOptions } from '../check-options.ts';
import { MonitoringError } from '../monitoring-error.ts';
import { describeValue, type OptionNames } from '../options-problem.ts';
import { cloudWatchLimits } from './cloudwatch-limits.ts';

/** Definition of a CloudWatch metric; each combination of name and dimensions is billed as a separate metric. */
export interface CloudWatchMetricDefinition {
  /** 1 to 255 printable ASCII characters. */
  readonly name: string;
  /** @defaultValue 'None' */
  readonly unit?: StandardUnit;
  /**
   * Names and values, at most 30. Use values that a fleet shares (service, model): a dimension such as the instance
   * multiplies the bill by the number of its values.
   *
   * @defaultValue `{}`, none
   */
  readonly dimensions?: Readonly<Record<string, string>>;
}

const definitionNames: OptionNames<CloudWatchMetricDefinition> = {
  name: 'required',
  unit: 'optional',
  dimensions: 'optional',
};

const printableAscii = /^[\x20-\x7e]+$/;
const units: ReadonlySet<string> = new Set(Object.values(StandardUnit));

/**
 * Rejects a definition that CloudWatch would refuse.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_CLOUDWATCH_METRIC_INVALID`, or `ERR_MONITORING_INVALID_OPTION` for an unknown name.
 */
export function checkMetricDefinition(definition: CloudWatchMetricDefinition): void {
  const {
    name,
    unit = 'None',
    dimensions = {},
  } = checkOptions('metric', definition, definitionNames);
  const { nameLength, dimensionValueLength } = cloudWatchLimits;
  checkText('metric name', name, nameLength);
  if (!units.has(unit))
    refuse(`"${unit}" is not a CloudWatch unit; see StandardUnit in the AWS SDK.`);
  const entries = Object.entries(dimensions);
  if (entries.length > cloudWatchLimits.dimensions) {
    refuse(
      `Metric "${name}" has ${entries.length} dimensions; CloudWatch takes at most ${cloudWatchLimits.dimensions}.`,
    );
  }
  for (const [key, value] of entries) {
    checkText(`dimension name of metric "${name}"`, key, nameLength);
    if (key.startsWith(':')) refuse(`The dimension name "${key}" must not start with a colon.`);
    checkText(`value of dimension "${key}" of metric "${name}"`, value, dimensionValueLength);
  }
}

/**
 * Rejects a namespace that CloudWatch would refuse, or that is reserved for AWS.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_CLOUDWATCH_METRIC_INVALID`.
 */
export function checkNamespace(namespace: string): void {
  // Source: PutMetricData, parameter Namespace: pattern [^:].*, 1 to 255 characters, not beginning with "AWS/".
  checkText('namespace', namespace, cloudWatchLimits.nameLength);
  if (namespace.startsWith(':') || namespace.startsWith('AWS/')) {
    refuse(`The namespace "${namespace}" must not start with ":" or "AWS/".`);
  }
}

function checkText(what: string, text: string, maxLength: number): void {
  const isText = typeof text === 'string' && printableAscii.test(text);
  if (!isText || text.trim() === '' || text.length > maxLength) {
    refuse(
      `The ${what} must be 1 to ${maxLength} printable ASCII characters, not all of them spaces; got ${describeValue(text)}.`,
    );
  }
}

function refuse(message: string): never {
  throw new MonitoringError('ERR_MONITORING_CLOUDWATCH_METRIC_INVALID', message);
}

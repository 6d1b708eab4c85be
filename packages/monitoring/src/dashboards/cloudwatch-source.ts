import { rejectOption } from '../check-options.ts';

/** Where `CloudWatchPublisher` and `cloudWatchObserver` publish the metrics of a service. */
export interface CloudWatchSource {
  /** Namespace of the publisher, such as the setting `FAIRLEAD_CLOUDWATCH_NAMESPACE` of the gateway. */
  readonly namespace: string;
  /**
   * Dimension `service`.
   * @defaultValue 'fairlead-gateway', the service of Fairlead's gateway
   */
  readonly service?: string;
}

/**
 * Returns the source with its defaults.
 *
 * @throws MonitoringError `ERR_MONITORING_INVALID_OPTION`
 */
export function checkSource({
  namespace,
  service = 'fairlead-gateway',
}: CloudWatchSource): Required<CloudWatchSource> {
  checkTexts('namespace', [namespace]);
  checkTexts('service', [service]);
  return { namespace, service };
}

/** Rejects anything but a list of texts of 1 to 255 printable ASCII characters, without quotes. */
export function checkTexts(name: string, texts: readonly string[]): void {
  for (const text of checkList(name, texts)) {
    if (typeof text !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(text) || /^ *$|["']/.test(text)) {
      rejectOption(name, '1 to 255 printable ASCII characters without quotes', text);
    }
  }
}

/** Returns the value if it is a list. */
export function checkList<T>(name: string, value: readonly T[]): readonly T[] {
  const isList: boolean = Array.isArray(value);
  if (!isList) rejectOption(name, 'a list of texts', value);
  return value;
}

import { Option } from '@commander-js/extra-typings';
import { collect } from '../../options/shared-options.ts';

/** Namespace of the metrics. */
export const namespaceOption = new Option(
  '--namespace <namespace>',
  "Namespace of the gateway's metrics: its setting FAIRLEAD_CLOUDWATCH_NAMESPACE",
).makeOptionMandatory();

/** The output is JSON in any case. */
export const jsonOutputOption = new Option('--json', 'Print JSON, which is the default');

/** Limits of alerts. */
export const limitOption = new Option(
  '--limit <name=number>',
  'Limit above which an alert fires (repeatable)',
).argParser(collect);

import { Option } from '@commander-js/extra-typings';

/** Span that is judged at once. */
export const unitOption = new Option(
  '--unit <unit>',
  'Span that is judged at once; traffic with a daily cycle needs days',
)
  .choices(['hour', 'day'] as const)
  .default('hour' as const);

/** Span that a report judges at once: also each window as gateways store it. */
export const reportUnitOption = new Option(
  '--unit <unit>',
  'Span that is judged at once; traffic with a daily cycle needs days, "slot" is each stored window',
)
  .choices(['slot', 'hour', 'day'] as const)
  .default('hour' as const);

/** Exit code for scripts. */
export const failOnDriftOption = new Option(
  '--fail-on-drift',
  'End with exit code 1 if there is drift',
);

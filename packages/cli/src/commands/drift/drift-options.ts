import { Option } from '@commander-js/extra-typings';

/** Span that is judged at once. */
export const unitOption = new Option(
  '--unit <unit>',
  'Span that is judged at once; traffic with a daily cycle needs days',
)
  .choices(['hour', 'day'] as const)
  .default('hour' as const);

/** Exit code for scripts. */
export const failOnDriftOption = new Option(
  '--fail-on-drift',
  'End with exit code 1 if there is drift',
);

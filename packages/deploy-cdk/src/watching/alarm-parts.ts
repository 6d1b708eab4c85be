import type { CfnAlarmProps } from 'aws-cdk-lib/aws-cloudwatch';

/** Alarm by the end of its name, without its receivers. */
export interface Definition {
  readonly id: string;
  readonly props: Omit<CfnAlarmProps, 'alarmName' | 'alarmActions' | 'okActions'>;
}

/** An alarm above its threshold; what has no value is no failure. */
export const isAbove = {
  comparisonOperator: 'GreaterThanThreshold',
  treatMissingData: 'notBreaching',
} as const;

/** Five minutes in a row. */
export const fiveMinutes = { period: 60, evaluationPeriods: 5, datapointsToAlarm: 5 } as const;

/** Dimensions of a metric, by name and value. */
export type Dimensions = readonly { readonly name: string; readonly value: string }[];

/** Returns the dimensions of a metric. */
export function dimensions(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

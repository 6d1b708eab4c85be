import { describeValue } from '@fairlead/signature';

import { checkOneOf, checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';

/** Number of hosts or tasks from a time on. */
export interface ScheduledCapacity {
  /** Times in cron's five fields: minute, hour, day of month, month, day of week. Example: `'0 7 * * MON-FRI'`. */
  readonly cron: string;
  /** Time zone of the times, by its IANA name. Example: `'Europe/Berlin'`. @defaultValue `'Etc/UTC'` */
  readonly timeZone?: string;
  /** Hosts or tasks at least; auto scaling keeps one also with 0. Example: `4`. */
  readonly min: number;
  /** Hosts or tasks at most. Example: `12`. @defaultValue stays as it is */
  readonly max?: number;
}

/** Number of hosts or tasks for the traffic. */
export interface ScalingOptions {
  /**
   * Requests per second that one host or task answers within the latency goal, with the reserve that you want: the result of `fairlead size`. Further ones
   * are added above it. Example: `180`.
   * @defaultValue not known: further ones are added above 60 % processor time
   */
  readonly requestsPerSecond?: number;
  /** Fewest and most at certain times. Example: `[{ cron: '0 7 * * MON-FRI', timeZone: 'Europe/Berlin', min: 4 }]`. @defaultValue none */
  readonly schedule?: readonly ScheduledCapacity[];
  /**
   * Forecast of requests from two weeks of history: `'forecast'` only shows it, `'scale'` also adds hosts or tasks ahead of it. Needs `requestsPerSecond`, and counts requests by HTTP alone.
   * Example: `'forecast'`.
   * @defaultValue none
   */
  readonly predictive?: 'forecast' | 'scale';
}

/**
 * Rejects wrong options.
 *
 * @param name Name of the option, `hosts.scaling` or `containers.scaling`.
 * @param options Number of hosts or tasks.
 */
export function checkScalingOptions(name: string, options: ScalingOptions): void {
  checkOptions(name, options, {
    requestsPerSecond: 'optional',
    schedule: 'optional',
    predictive: 'optional',
  });
  const { requestsPerSecond, schedule = [], predictive } = options;
  const isRate = Number.isFinite(requestsPerSecond) && Number(requestsPerSecond) > 0;
  if (requestsPerSecond !== undefined && !isRate) {
    throw invalidOption(
      `Option ${name}.requestsPerSecond is ${describeValue(requestsPerSecond)}: expected a number above 0, such as 180.`,
    );
  }
  if (predictive !== undefined) {
    checkOneOf(`${name}.predictive`, predictive, ['forecast', 'scale']);
    if (requestsPerSecond === undefined) {
      throw invalidOption(
        `Option ${name}.predictive forecasts requests: set ${name}.requestsPerSecond too, the result of \`fairlead size\`.`,
      );
    }
  }
  for (const [i, entry] of schedule.entries()) checkSchedule(`${name}.schedule[${i}]`, entry);
}

function checkSchedule(name: string, entry: ScheduledCapacity): void {
  checkOptions(name, entry, {
    cron: 'required',
    timeZone: 'optional',
    min: 'required',
    max: 'optional',
  });
  const { cron, timeZone, min, max } = entry;
  if (cron.split(' ').length !== 5) {
    throw invalidOption(
      `Option ${name}.cron is ${describeValue(cron)}: expected five fields such as "0 7 * * MON-FRI".`,
    );
  }
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    throw invalidOption(
      `Option ${name}.timeZone is ${describeValue(timeZone)}: expected an IANA name such as "Europe/Berlin".`,
    );
  }
  checkWholeNumber(`${name}.min`, min, { min: 0, max: 1000 });
  if (max !== undefined) checkWholeNumber(`${name}.max`, max, { min: Math.max(1, min), max: 1000 });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

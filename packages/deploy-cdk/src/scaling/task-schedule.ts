import { describeValue } from '@fairlead/signature';

import { invalidOption } from '../check-options.ts';

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Returns the expression of Application Auto Scaling for times in cron's five fields: it has a year, and only one of the fields of days. Days of the
 * week become names, because its numbers begin with 1 for Sunday.
 *
 * Source: https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
 *
 * @param name Name of the option.
 * @param cron Times, which `checkScalingOptions` accepts.
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` for days of the month and of the week together.
 */
export function taskSchedule(name: string, cron: string): string {
  const [minute, hour, dayOfMonth = '', month, dayOfWeek = ''] = cron.split(' ');
  if (dayOfWeek === '*') return `cron(${minute} ${hour} ${dayOfMonth} ${month} ? *)`;
  if (dayOfMonth !== '*') {
    throw invalidOption(
      `Option ${name} is ${describeValue(cron)}, with days of the month and of the week, which the scaling of tasks takes in separate entries: use "*" for one of them.`,
    );
  }
  return `cron(${minute} ${hour} ? ${month} ${daysOf(name, cron, dayOfWeek).join(',')} *)`;
}

/** Names of the days that a field such as `1-5`, `MON,WED` or `5-7` has, in their order from Sunday. */
function daysOf(name: string, cron: string, field: string): string[] {
  const days = field.split(',').flatMap((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [from = '', to = from] = (range === '*' ? '0-6' : range).split('-');
    const [first, last] = [dayOf(from), dayOf(to)];
    if (first === undefined || last === undefined || !/^[1-6]$/.test(step)) {
      throw invalidOption(
        `Option ${name} is ${describeValue(cron)}: expected days of the week such as "MON-FRI" or "1,3".`,
      );
    }
    // A range such as FRI-MON goes on after Saturday.
    const end = last < first ? last + DAYS.length : last;
    const all = Array.from({ length: end - first + 1 }, (_, i) => (first + i) % DAYS.length);
    return all.filter((_, i) => i % Number(step) === 0);
  });
  return DAYS.filter((_, day) => days.includes(day));
}

/** Number of a day from 0 for Sunday, which is 7 as well. */
function dayOf(text: string): number | undefined {
  if (/^[0-7]$/.test(text)) return Number(text);
  const day = DAYS.indexOf(text.toUpperCase());
  return day < 0 ? undefined : day;
}

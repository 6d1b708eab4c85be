import { settings, type Settings } from './settings.ts';

const QUOTAS = [
  'requestsPerDay',
  'requestsPerMonth',
  'elementsPerDay',
  'elementsPerMonth',
] as const;

/** Returns the contradictions between settings of limits: a count of a day has to outlive the process. */
export function contradictionsOfLimits(read: Settings): string[] {
  if (read.limitsRedisUrl !== undefined) return [];
  return QUOTAS.filter((name) => read[name] !== undefined).map(
    (name) =>
      `${settings[name].variable} counts longer than a process runs; set FAIRLEAD_LIMITS_REDIS_URL, where the counts are stored`,
  );
}

import type { Settings } from '../settings/settings.ts';

/** Returns a warning when the model of `/invocations` isn't served: its requests get 404. */
export function invocationsWarnings(
  { invocationsModel: model }: Pick<Settings, 'invocationsModel'>,
  served: readonly string[],
): readonly string[] {
  if (model === undefined || served.includes(model)) return [];
  const names = served.map((each) => JSON.stringify(each)).join(', ') || 'none';
  return [
    `FAIRLEAD_INVOCATIONS_MODEL is "${model}", which is not served: /invocations and /ping answer 404; served: ${names}`,
  ];
}

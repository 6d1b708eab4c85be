import type { Window, WindowLabel, WindowStore } from '@fairlead/windows';

const HOUR_MS = 3_600_000;

/** Reads the windows of a version in whole hours, merged over the hosts: one for each slot, variant and baseline. */
export async function readSlots(
  windows: Pick<WindowStore, 'read'>,
  label: WindowLabel,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly Window[]> {
  const { mergeWindows } = await import('@fairlead/windows');
  const slots: Window[] = [];
  // An hour at a time: the windows of many hosts would take much memory at once.
  for (let hour = from; hour < to; hour += HOUR_MS) {
    const found = await windows.read(label, { from: hour, to: hour + HOUR_MS, unit: 'slot' });
    const groups = Map.groupBy(found, ({ from: begin, variant, baseline }) =>
      JSON.stringify([begin, variant, baseline]),
    );
    for (const group of groups.values()) slots.push(mergeWindows(group));
  }
  return slots;
}

import { mergeWindows } from '../window/merge-windows.ts';
import type { Window } from '../window/window.ts';
import { WindowsError } from '../windows-error.ts';

/**
 * Merges windows of one version into one for each variant, ordered by it.
 *
 * Windows with another baseline or other bins, which a version has only when something else wrote them, stay apart.
 */
export function groupWindows(windows: readonly Window[]): readonly Window[] {
  return groupsOf(windows, ({ variant }) => variant ?? '').flatMap((variant) => {
    try {
      return [mergeWindows(variant)];
    } catch (error) {
      if (!(error instanceof WindowsError)) throw error;
      return groupsOf(variant, binsKey).map((group) => mergeWindows(group));
    }
  });
}

/** Groups in the order of their keys. */
function groupsOf(
  windows: readonly Window[],
  keyOf: (window: Window) => string,
): readonly (readonly Window[])[] {
  const groups = [...Map.groupBy(windows, keyOf)];
  return groups.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, group]) => group);
}

function binsKey({ baseline = '', features, outputs }: Window): string {
  const bins = [...features, ...outputs].map(({ name, counts }) => [name, counts.counts.length]);
  return JSON.stringify([baseline, features.length, bins]);
}

import type { ObjectStore } from '@fairlead/registry';
import type { WindowStore } from '@fairlead/windows';
import type { CommandContext } from '../command-context.ts';
import { oneLine } from '../output/plain-text.ts';

/** Opens the windows in the store of a registry; `rollUp` stores merged hours and days, which needs permission to write. */
export async function openWindows(
  { output, io }: CommandContext,
  store: ObjectStore,
  { rollUp }: { readonly rollUp: boolean },
): Promise<WindowStore> {
  const { openWindowStore } = await import('@fairlead/windows');
  return openWindowStore({
    objects: store,
    rollUp,
    now: () => io.now().getTime(),
    onError: (error) => {
      output.note(`fairlead: ${oneLine(error instanceof Error ? error.message : String(error))}`);
    },
  });
}

import type { Notices } from '../notices/open-notices.ts';
import type { ProcessGroup } from '../process-group/process-group.ts';
import type { ConsoleSources } from './console-data.ts';

/** Returns a function that reads the error groups, of all processes where there are several. */
export function errorsReader(
  notices: Pick<Notices, 'errorGroups'>,
  processes: ProcessGroup | undefined,
): ConsoleSources['errorGroups'] {
  if (processes !== undefined) return () => processes.errorGroups();
  return () => Promise.resolve(notices.errorGroups());
}

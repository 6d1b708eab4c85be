import type { Lineage } from '../versions/manifest.ts';
import type { OptionNames } from '@fairlead/signature';
import { detailOptions, type PushRequest } from '../push/push-request.ts';

/** What a folder doesn't say of a version: its model, who pushes, and whatever is to be added or said otherwise. */
export interface SourceOptions
  extends
    Pick<PushRequest, 'model' | 'actor'>,
    Partial<Omit<PushRequest, 'model' | 'actor' | 'files' | 'runtime'>> {
  /** Files to keep beside those that were found, and in the place of those of the same path. */
  readonly files?: PushRequest['files'];
}

/** Names of the options of every source. */
export const sourceOptions: OptionNames<SourceOptions> = {
  ...detailOptions,
  files: 'optional',
};

/** Fills in what was found; what was given stands, and of a lineage each field. */
export function withFound(
  given: SourceOptions,
  found: Pick<PushRequest, 'runtime' | 'files' | 'signature'> & { readonly lineage: Lineage },
): PushRequest {
  return {
    ...found,
    ...given,
    files: { ...found.files, ...given.files },
    lineage: { ...found.lineage, ...given.lineage },
  };
}

import type { Lineage } from '../versions/manifest.ts';
import type { OptionNames } from '@fairlead/signature';
import { detailOptions, type PushRequest } from '../push/push-request.ts';

/** Fields of a version that its source doesn't contain: its model, the pusher, and further fields, which take precedence. */
export interface SourceOptions
  extends
    Pick<PushRequest, 'model' | 'actor'>,
    Partial<Omit<PushRequest, 'model' | 'actor' | 'files' | 'runtime'>> {
  /** Files to push beside those of the source, and in place of those of the same path. */
  readonly files?: PushRequest['files'];
}

/** Names of the options of every source. */
export const sourceOptions: OptionNames<SourceOptions> = {
  ...detailOptions,
  files: 'optional',
};

/** Adds the fields that were found; given fields take precedence, in the lineage one by one. */
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

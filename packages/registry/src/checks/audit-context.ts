import type { OptionNames } from '@fairlead/signature';
import { checkAuditText } from './audit-text.ts';
import { checkOptions } from './check-options.ts';

/** Author and reason of a change, for the history. */
export interface AuditContext {
  /** Person or program that makes the change: 1 to 256 printable characters. */
  readonly actor: string;
  /** Reason of the change, at most 4096 characters. */
  readonly reason?: string;
}

/** Names of the options that every change has. */
export const auditOptions: OptionNames<AuditContext> = { actor: 'required', reason: 'optional' };

/**
 * Returns the options of the change `name` if their `actor` and `reason` can be shown, none is unknown and none is missing.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`
 */
export function checkAuditOptions<T extends AuditContext>(
  name: string,
  options: T,
  names: OptionNames<T>,
): T {
  checkOptions(name, options, names);
  const { actor, reason } = options;
  checkAuditText('actor', actor);
  if (reason !== undefined) checkAuditText('reason', reason);
  return options;
}

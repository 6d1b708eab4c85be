import { checkAuditText } from './audit-text.ts';

/** Author and reason of a change, for the history. */
export interface AuditContext {
  /** Person or program that makes the change: 1 to 256 printable characters. */
  readonly actor: string;
  /** Reason of the change, at most 4096 characters. */
  readonly reason?: string;
}

/** @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` for an `actor` or a `reason` that can't be shown. */
export function checkAuditContext({ actor, reason }: AuditContext): void {
  checkAuditText('actor', actor);
  if (reason !== undefined) checkAuditText('reason', reason);
}

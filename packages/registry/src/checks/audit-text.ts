import { describeValue } from '@fairlead/signature';
import { RegistryError } from '../errors/registry-error.ts';

/**
 * Checks a text that goes into the history for people to read.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` when it is empty, too long or has control characters in it.
 */
export function checkAuditText(field: 'actor' | 'reason', text: unknown): void {
  const maxLength = field === 'actor' ? 256 : 4096;
  // Line breaks and tabs are fine in a reason; what moves a terminal's cursor is not.
  const forbidden = field === 'actor' ? /\p{Cc}/u : /(?![\n\t])\p{Cc}/u;
  if (
    typeof text === 'string' &&
    text.trim() !== '' &&
    text.length <= maxLength &&
    !forbidden.test(text)
  ) {
    return;
  }
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_OPTION',
    `${field} ${describeValue(text)} is not usable: give 1 to ${maxLength} printable characters`,
  );
}

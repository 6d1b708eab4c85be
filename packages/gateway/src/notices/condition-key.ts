import type { NoticeSubject } from '@fairlead/monitoring';

/** Returns the identity of a condition. */
export function conditionKey({ kind, model, name }: NoticeSubject): string {
  return JSON.stringify([kind, model, name]);
}

const MAX_REASON_LENGTH = 2000;
/** Members that hold the message in the error bodies of the protocols. */
const MEMBERS = ['error', 'message', 'detail'] as const;

/**
 * Returns the message in the body of an error response, as the reason of a failed job: at most 2000 characters.
 *
 * A body that isn't JSON with a message is returned as it is.
 */
export function failureReason(body: Uint8Array): string {
  const text = Buffer.from(body).toString();
  const reason = messageIn(text) ?? text;
  return reason.length > MAX_REASON_LENGTH ? `${reason.slice(0, MAX_REASON_LENGTH)}…` : reason;
}

function messageIn(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const found = new Map<string, unknown>(Object.entries(value));
  return MEMBERS.map((member) => found.get(member)).find((each) => typeof each === 'string');
}

/**
 * Handling of a failed request: `retry` after a pause (throttled, server error, no response), `later`
 * with the next flush (credentials, which are renewed in minutes), `refused` permanently (the request itself).
 */
export type FailureKind = 'retry' | 'later' | 'refused';

/** Many AWS services throttle with status 400; the names are those of the SDKs' retry specification. */
const throttling = /throttl|limitexceeded|toomanyrequests|slowdown|provisionedthroughputexceeded/i;
const credentials =
  /expiredtoken|unrecognizedclient|invalidclienttokenid|accessdenied|signature|requestexpired|requesttimetooskewed|missingauthenticationtoken|credentials/i;

/** Classifies an error of an AWS SDK client. */
export function failureKind(error: unknown): FailureKind {
  const { name, status } = describeFailure(error);
  if (throttling.test(name)) return 'retry';
  if (credentials.test(name)) return 'later';
  if (status === undefined || status === 408 || status === 429 || status >= 500) return 'retry';
  if (status === 401 || status === 403) return 'later';
  return 'refused';
}

/** Returns the name and the HTTP status of an error of an AWS SDK client; no status without a response. */
export function describeFailure(error: unknown): {
  readonly name: string;
  readonly status: number | undefined;
} {
  if (!(error instanceof Error)) return { name: typeof error, status: undefined };
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return { name: error.name, status: typeof status === 'number' ? status : undefined };
}

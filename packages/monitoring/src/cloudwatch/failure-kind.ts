/**
 * What to do about a failed request: `retry` after a pause (throttled, a fault of the service, no answer), `later`
 * with the next flush (credentials, which are renewed in minutes), `refused` for good (the request itself).
 */
export type FailureKind = 'retry' | 'later' | 'refused';

/** Throttling comes as status 400 from many AWS services; the names are those of the SDKs' retry specification. */
const throttling = /throttl|limitexceeded|toomanyrequests|slowdown|provisionedthroughputexceeded/i;
const credentials =
  /expiredtoken|unrecognizedclient|invalidclienttokenid|accessdenied|signature|requestexpired|requesttimetooskewed|missingauthenticationtoken|credentials/i;

/** Tells from what an AWS SDK client threw what to do about it. */
export function failureKind(error: unknown): FailureKind {
  const { name, status } = describeFailure(error);
  if (throttling.test(name)) return 'retry';
  if (credentials.test(name)) return 'later';
  if (status === undefined || status === 408 || status === 429 || status >= 500) return 'retry';
  if (status === 401 || status === 403) return 'later';
  return 'refused';
}

/** The name and the HTTP status of what an AWS SDK client threw; no status where there was no answer. */
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

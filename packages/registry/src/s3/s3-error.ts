import { RegistryError, type RegistryErrorCode } from '../errors/registry-error.ts';

interface Meaning {
  readonly code: RegistryErrorCode;
  readonly fix: string;
}

const noBucket: Meaning = {
  code: 'ERR_REGISTRY_STORE_NOT_FOUND',
  fix: 'there is no such bucket; check its name, or create it',
};
const denied: Meaning = {
  code: 'ERR_REGISTRY_STORE_DENIED',
  fix:
    'allow this identity s3:ListBucket and s3:GetObject (without s3:ListBucket S3 also denies access to objects that do not exist), ' +
    'and for pushing s3:PutObject and s3:AbortMultipartUpload',
};
const badCredentials: Meaning = {
  code: 'ERR_REGISTRY_STORE_CREDENTIALS',
  fix: 'S3 does not accept the credentials: renew them',
};
const wrongRegion: Meaning = {
  code: 'ERR_REGISTRY_STORE_REGION',
  fix: 'the bucket is in another region; set AWS_REGION, or the region of the client, to that of the bucket',
};

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
const meanings: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: noBucket,
  AccessDenied: denied,
  AllAccessDisabled: denied,
  Forbidden: denied,
  CredentialsProviderError: {
    code: 'ERR_REGISTRY_STORE_CREDENTIALS',
    fix: 'no credentials were found; give the host an IAM role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  TokenProviderError: badCredentials,
  InvalidAccessKeyId: badCredentials,
  SignatureDoesNotMatch: badCredentials,
  ExpiredToken: badCredentials,
  ExpiredTokenException: badCredentials,
  InvalidToken: badCredentials,
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  RequestTimeTooSkewed: {
    code: 'ERR_REGISTRY_STORE_CLOCK_SKEWED',
    fix: "this host's clock is too far from S3's; set it, and keep it with chrony",
  },
  SlowDown: {
    code: 'ERR_REGISTRY_STORE_UNAVAILABLE',
    fix: 'S3 asks for fewer requests; try again later',
  },
  NotImplemented: {
    code: 'ERR_REGISTRY_STORE_UNSUPPORTED',
    fix: 'the registry needs conditional writes (If-None-Match), which S3 has and this service does not',
  },
};

const byStatus: Readonly<Record<number, Meaning>> = {
  301: wrongRegion,
  307: wrongRegion,
  403: denied,
};

const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

// TimeoutError and AbortError are attempts that took too long; S3 takes RequestTimeTooSkewed once the SDK, which
// learned S3's time from the refusal, signs again; the conflicts are of two writes at the same moment.
const PASSING_NAMES: ReadonlySet<string> = new Set([
  'TimeoutError',
  'AbortError',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'ConditionalRequestConflict',
  'OperationAborted',
]);

interface Shape {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Returns the HTTP status of an error of the SDK, if there was an answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as Shape | undefined)?.$metadata?.httpStatusCode;
}

/** Returns the name of an error of S3 or the SDK. */
export function nameOf(error: unknown): string {
  return (error as Shape | undefined)?.name ?? '';
}

/** Returns whether the same request may succeed later. */
export function isPassing(error: unknown): boolean {
  const { code = '' } = (error ?? {}) as Shape;
  const status = statusOf(error);
  if (PASSING_NAMES.has(nameOf(error)) || CONNECTION_CODES.has(code)) return true;
  return status !== undefined && (status >= 500 || status === 429) && status !== 501;
}

/** Converts the error of a request on `where` (`s3://bucket/key`) to a RegistryError with the fix. */
export function s3Error(operation: string, where: string, error: unknown): unknown {
  if (error instanceof RegistryError) return error;
  const { message = String(error) } = (error ?? {}) as Shape;
  const name = nameOf(error);
  const status = statusOf(error);
  // The SDK has no name for it.
  const noRegion = message.startsWith('Region is missing');
  const meaning = noRegion ? wrongRegion : (meanings[name] ?? byStatus[status ?? 0]);
  const what = [name, status, message].filter((part) => part !== undefined && part !== '');
  return new RegistryError(
    meaning?.code ?? 'ERR_REGISTRY_STORE_UNAVAILABLE',
    `cannot ${operation} ${where} (${what.join(', ')}): ` +
      (meaning?.fix ?? 'check the network and the endpoint, and try again'),
    { cause: error },
  );
}

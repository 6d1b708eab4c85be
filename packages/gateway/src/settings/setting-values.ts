import { isIPv6 } from 'node:net';
import * as z from 'zod';

// sun_path is 108 bytes on Linux, with the closing NUL.
const MAX_SOCKET_PATH_BYTES = 107;

// A secret shorter than the digest would be the weaker part.
const MIN_SECRET_BYTES = 32;

/** Text that isn't empty. */
export const text = z.string().min(1, 'must not be empty');

/** A whole number in decimal digits. */
export function whole(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { message, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** A whole number, or undefined for `auto`. */
export function wholeOrAuto(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}, or auto`;
  return z
    .string()
    .regex(/^(?:auto|\d{1,15})$/, { message, abort: true })
    .transform((value) => (value === 'auto' ? undefined : Number(value)))
    .refine((value = min) => value >= min && value <= max, message);
}

/** A share, as a decimal number from 0 to 1. */
export const share = z
  .string()
  .regex(
    /^(?:0(?:\.\d{1,9})?|1(?:\.0{1,9})?)$/,
    'must be a decimal number from 0 to 1, such as 0.1',
  )
  .transform(Number);

/** A folder, or a bucket of S3 with a prefix. */
export const writableLocation = text.refine(
  (value) => !/^[a-z][a-z\d+.-]*:\/\//i.test(value) || isBucketLocation(value),
  'must be a folder, or s3://bucket/prefix',
);

/** A time that Node's timers can wait for. */
export const milliseconds = whole(1, 2 ** 31 - 1);

/** Headers that carry credentials, which are never stored. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
]);

/** Name of a header, without underscores, which Nginx drops; `-bin` ends the names of binary metadata in gRPC. */
export const headerName = z
  .string()
  .regex(/^[a-z\d](?:[a-z\d-]{0,62}[a-z\d])?$/i, {
    error: 'must be the name of a header: letters, digits and hyphens, such as x-user-id',
    abort: true,
  })
  .transform((name) => name.toLowerCase())
  .refine(
    (name) => !CREDENTIAL_HEADERS.has(name) && !name.endsWith('-bin'),
    'must not be a header of credentials or of binary metadata; name one such as x-user-id',
  );

/** One of a few words. */
export function oneOf<const W extends readonly [string, ...string[]]>(...words: W) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** Different names, separated by commas. */
export const names = z
  .string()
  .transform((list) => list.split(',').map((name) => name.trim()))
  .refine((list) => !list.includes(''), {
    error: 'must be names separated by commas, none of them empty',
    abort: true,
  })
  .refine((list) => new Set(list).size === list.length, 'must not name anything twice');

/** Address of Redis; it may hold a password, so no message shows it. */
export const redisAddress = z
  .string()
  .regex(/^rediss?:\/\/\S+$/, 'must be redis://host:port, or rediss://host:port with TLS');

/** A queue of SQS. FIFO queues have no delay for each message, which jobs that are tried again need. */
export const queueUrl = z
  .string()
  .refine(
    (value) => {
      const { protocol, pathname, username, search } = URL.parse(value) ?? {};
      return (
        (protocol === 'https:' || protocol === 'http:') &&
        pathname !== '/' &&
        !username &&
        !search &&
        !/\s/.test(value)
      );
    },
    {
      error: 'must be the URL of a queue: https://sqs.<region>.amazonaws.com/<account>/<name>',
      abort: true,
    },
  )
  .refine((value) => !value.endsWith('.fifo'), 'must be a standard queue, not a FIFO queue');

/** A bucket of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName = z
  .string()
  .regex(
    /^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/,
    'must be the name of a bucket, 3 to 63 lowercase letters, digits, dots and hyphens, without s3:// and prefix',
  );

/** Pairs `model=fallback`, separated by commas, each model once. */
export const fallbackPairs = z
  .string()
  .transform((list) => list.split(',').map((pair) => pair.split('=').map((name) => name.trim())))
  .refine((pairs) => pairs.every((pair) => pair.length === 2 && !pair.includes('')), {
    error: 'must be pairs such as digits=digits-flask, separated by commas',
    abort: true,
  })
  .transform((pairs) => pairs.map(([model = '', fallback = '']) => [model, fallback] as const))
  .refine((pairs) => pairs.every(([model, fallback]) => model !== fallback), {
    error: 'must not name a model as its own fallback',
    abort: true,
  })
  .refine((pairs) => new Map(pairs).size === pairs.length, {
    error: 'must not give a model two fallbacks',
    abort: true,
  })
  .transform((pairs): ReadonlyMap<string, string> => new Map(pairs));

const PROTOCOLS = ['open-inference', 'tensorflow-serving', 'mlflow', 'sagemaker'] as const;

/** Protocols, separated by commas. */
export const protocolNames = names.pipe(
  z.array(z.enum(PROTOCOLS, `must name protocols of ${PROTOCOLS.join(', ')}`)),
);

const EXTENSIONS = [
  'binary_tensor_data',
  'classification',
  'model_repository',
  'statistics',
  'none',
] as const;

/** Extensions of the Open Inference Protocol, separated by commas; `none` stands for no extension. */
export const extensionNames = names
  .pipe(z.array(z.enum(EXTENSIONS, `must name extensions of ${EXTENSIONS.join(', ')}`)))
  .transform((list) => list.filter((name) => name !== 'none'));

/** A secret of enough bytes; no message shows it or its length. */
export const secret = z
  .string()
  .refine(
    (value) => Buffer.byteLength(value) >= MIN_SECRET_BYTES,
    `must have at least ${MIN_SECRET_BYTES} bytes; make one with: openssl rand -base64 32`,
  );

/** Address to listen on. */
export const listenAddress = z
  .string()
  .refine(
    (value) => /^fd:\d{1,4}$/.test(value) || isSocketAddress(value) || isTcpAddress(value, 0),
    `must be host:port, unix:/path (at most ${MAX_SOCKET_PATH_BYTES} bytes) or fd:number`,
  );

/** Address of an HTTP server, without a password: messages show it. */
export const webAddress = z.string().refine((value) => {
  const { protocol, username, password } = URL.parse(value) ?? {};
  return (protocol === 'http:' || protocol === 'https:') && !username && !password;
}, 'must be an http or https address without user and password');

/** Addresses that may hold secrets, separated by commas; no message shows them. */
export const secretAddresses = names.pipe(
  z.array(
    z.string().refine((value) => {
      const { protocol, username, hash } = URL.parse(value) ?? {};
      return (protocol === 'http:' || protocol === 'https:') && !username && !hash;
    }, 'must be http or https addresses separated by commas'),
  ),
);

/** A topic of SNS. */
export const topicArn = z
  .string()
  .regex(
    /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/,
    'must be the ARN of a topic: arn:aws:sns:region:account:name',
  );

/** DSN of Sentry; no message shows it. */
export const sentryDsn = z
  .string()
  .regex(/^https?:\/\/\w+(?::\w+)?@\S+\/[\w-]+$/, 'must be the DSN of a project');

/** Address of another server. */
export const upstreamAddress = z
  .string()
  .refine(
    (value) => isSocketAddress(value) || isTcpAddress(value, 1),
    `must be unix:/path (at most ${MAX_SOCKET_PATH_BYTES} bytes) or host:port`,
  );

function isBucketLocation(value: string): boolean {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(value) ?? [];
  return bucketName.safeParse(bucket).success && !/^\/|\/\/|[^\x20-\x7e]/.test(prefix);
}

function isSocketAddress(value: string): boolean {
  const path = /^unix:(\/[^\0]+)$/s.exec(value)?.[1];
  return path !== undefined && Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;
}

function isTcpAddress(value: string, minPort: number): boolean {
  const [, host, ipv6, port] = /^(?:([\w.-]+)|\[([^\]]*)\]):(\d{1,5})$/.exec(value) ?? [];
  if (host === undefined && !isIPv6(ipv6 ?? '')) return false;
  // Ports beyond 65535 don't exist; 0 lets the system choose one.
  return Number(port) >= minPort && Number(port) <= 65_535 && host !== 'fd' && host !== 'unix';
}

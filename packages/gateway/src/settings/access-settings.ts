import { setting } from './setting.ts';
import { oneOf, secret, text, whole, wholeOrAuto } from './setting-values.ts';

/** Access and limits. */
export const accessSettings = {
  keysFile: setting(
    'FAIRLEAD_KEYS_FILE',
    text.optional(),
    undefined,
    'JSON file of the API keys, writable only by its owner; changes take effect within seconds. Required unless access without a key is allowed.',
  ),
  pepper: setting(
    'FAIRLEAD_PEPPER',
    secret.optional(),
    undefined,
    'Secret of the digests in the keys file, at least 32 bytes. Required with the keys file.',
  ),
  dangerouslyAllowAnyone: setting(
    'FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE',
    oneOf('0', '1').transform((value) => value === '1'),
    '0',
    '`1` serves without API keys.',
  ),
  rateLimit: setting(
    'FAIRLEAD_RATE_LIMIT',
    whole(1, 1e9),
    '60000',
    'Requests a minute for each key, or address without one.',
  ),
  refusedKeysLimit: setting(
    'FAIRLEAD_REFUSED_KEYS_LIMIT',
    whole(1, 1e9),
    '300',
    'Requests a minute from one address whose key is missing or refused; further ones get 429 instead of 401. Valid keys of the same address are not affected.',
  ),
  maxBodyBytes: setting(
    'FAIRLEAD_MAX_BODY_BYTES',
    whole(1, 2 ** 31 - 1),
    '16777216',
    'Largest request body. Nginx and Flask must have the same.',
  ),
  codecThreads: setting(
    'FAIRLEAD_CODEC_THREADS',
    whole(1, 64),
    '2',
    'Threads that decode requests and encode answers of more than 64 KiB of text, so that the event loop is free; started when they are needed, with a heap of at most 256 MiB each.',
  ),
  bodyMemoryBytes: setting(
    'FAIRLEAD_BODY_MEMORY_BYTES',
    wholeOrAuto(1, 2 ** 40),
    'auto',
    'Memory of all request bodies together, over HTTP and gRPC; a body that would exceed it is refused with 503. `auto` is 128 MiB, or two of the largest bodies where that is more.',
  ),
  bodyMemoryPerClientBytes: setting(
    'FAIRLEAD_BODY_MEMORY_PER_CLIENT_BYTES',
    wholeOrAuto(1, 2 ** 40),
    'auto',
    'Memory of the request bodies of one client together: the client of a key, or the address without keys; a body that would exceed it is rejected with 429. `auto` is a quarter of the memory of all bodies, or the largest body where that is more.',
  ),
} as const;

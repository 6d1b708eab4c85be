import { checkInteger, checkOptions, invalidArgument, MAX_INT32 } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { ResolveAll } from '@fairlead/webhooks/addresses';
import type { Codec } from '../codec/codec.ts';
import type { RuntimeFactory } from '../runtime/runtime.ts';
import { ServingError } from '../errors/serving-error.ts';
import { parseUpstreamAddress } from './upstream-address.ts';
import { UpstreamClient } from './upstream-client.ts';
import { UpstreamModel } from './upstream-model.ts';

/** One process that runs models, such as Flask under Gunicorn. */
export interface UpstreamOptions {
  /** `http://host:port` or `unix:/path/to/socket`. */
  readonly url: string;
  /**
   * Maximum number of connections; further requests wait for one.
   * @defaultValue 16
   */
  readonly connections?: number;
  /**
   * Maximum wait for a response, in milliseconds.
   * @defaultValue 30000
   */
  readonly timeoutMs?: number;
  /**
   * Maximum wait for a response while a version is loaded, in milliseconds: an upstream that starts at the same time, and
   * imports its libraries first, gets this time in place of `timeoutMs`.
   * @defaultValue 60000, or `timeoutMs` if that is longer
   */
  readonly loadTimeoutMs?: number;
  /**
   * Maximum size of a response, in bytes; a larger one is an error.
   * @defaultValue 67108864 (64 MiB)
   */
  readonly maxResponseBytes?: number;
  /**
   * True if connections are reused. Leave it off for Gunicorn's threaded workers, which lose requests on
   * connections that they close (https://github.com/benoitc/gunicorn/issues/3038).
   * @defaultValue false
   */
  readonly keepAlive?: boolean;
  /**
   * Resolves host names; the returned addresses are checked at each connection, and link-local and metadata addresses are
   * rejected.
   * @defaultValue `lookup` of `node:dns`
   */
  readonly resolve?: ResolveAll;
}

const upstreamNames: OptionNames<UpstreamOptions> = {
  url: 'required',
  connections: 'optional',
  timeoutMs: 'optional',
  loadTimeoutMs: 'optional',
  maxResponseBytes: 'optional',
  keepAlive: 'optional',
  resolve: 'optional',
};

/** Options of {@link upstreamRuntime} for all upstreams together. */
export interface UpstreamRuntimeOptions {
  /**
   * Encodes large requests and decodes large responses in other threads; share that of the inference handler.
   * @defaultValue both happen on the event loop
   */
  readonly codec?: Codec;
}

const optionNames: OptionNames<UpstreamRuntimeOptions> = {
  codec: 'optional',
};

/** The runtime of upstreams; close it when the server is closed. */
export interface UpstreamRuntime extends RuntimeFactory {
  /** Closes every connection. */
  close(): Promise<void>;
}

/**
 * Creates the runtime of versions that other processes run, called over HTTP by the Open Inference Protocol.
 *
 * A version names its upstream in its runtime options, `{ upstream: 'flask', model?: 'name in the upstream' }`; addresses
 * are configured here alone, so that the client that pushes a model can't choose the destination of requests.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the upstream, the option and its value.
 *
 * @example
 * ```ts
 * import { upstreamRuntime } from '@fairlead/serving/upstream';
 *
 * const flask = upstreamRuntime({ flask: { url: 'http://127.0.0.1:5000', timeoutMs: 10_000 } });
 * await flask.close();
 * ```
 */
export function upstreamRuntime(
  upstreams: Readonly<Record<string, UpstreamOptions>>,
  options: UpstreamRuntimeOptions = {},
): UpstreamRuntime {
  const given: unknown = upstreams;
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument('upstreamRuntime', 'an object of upstreams', given);
  }
  const { codec } = checkOptions('upstreamRuntime', options, optionNames);
  const clients = new Map(
    Object.entries(upstreams).map(([name, options]) => [name, createClient(name, options)]),
  );
  return {
    load({ manifest }) {
      const { model, version, runtime } = manifest;
      const { upstream, model: remote = model } = runtime.options ?? {};
      const client = typeof upstream === 'string' ? clients.get(upstream) : undefined;
      if (client === undefined || typeof remote !== 'string') {
        const known = [...clients.keys()].map((name) => `"${name}"`).join(', ') || 'none';
        return Promise.reject(
          new ServingError(
            'ERR_SERVING_LOAD_FAILED',
            `model "${model}" version ${version} names upstream ${JSON.stringify(upstream)}; configured: ${known}`,
          ),
        );
      }
      return Promise.resolve(new UpstreamModel(client, remote, manifest, codec));
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

function createClient(name: string, options: UpstreamOptions): UpstreamClient {
  checkOptions(`upstream "${name}"`, options, upstreamNames);
  const {
    url,
    connections = 16,
    timeoutMs = 30_000,
    loadTimeoutMs = Math.max(timeoutMs, 60_000),
    maxResponseBytes = 64 * 1024 * 1024,
    keepAlive = false,
    resolve,
  } = options;
  for (const [option, value] of Object.entries({
    connections,
    timeoutMs,
    loadTimeoutMs,
    maxResponseBytes,
  })) {
    checkInteger(`upstream "${name}": ${option}`, value, 1, MAX_INT32);
  }
  const address = parseUpstreamAddress(name, url);
  return new UpstreamClient({
    ...{ name, address, connections, timeoutMs, loadTimeoutMs },
    ...{ maxResponseBytes, keepAlive, resolve },
  });
}

import type { IncomingMessage } from 'node:http';
import {
  ApiKeySet,
  apiKeys,
  authenticate,
  bodyLimit,
  chain,
  checkScope,
  clientAddress,
  getIdentity,
  hasScope,
  publicPaths,
  readApiKeys,
  requestId,
  requiredScope,
  secureHeaders,
  watchApiKeys,
  type Chain,
  type Identity,
  type Middleware,
  type WatchApiKeysOptions,
} from '@fairlead/security';
import { requestAccess, type Charge, type Protocol } from '@fairlead/serving';
import type { Admission, IncomingCall } from '@fairlead/serving/grpc';
import { createGuardLimits, type GuardCounts } from './guard-limits.ts';
import { forSettingLater } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

const isPublic = publicPaths('/', '/docs', '/favicon.ico', '/v2/health/live', '/v2/health/ready');

const INFERENCE = 'ModelInfer';
/** Liveness and readiness are public, as over HTTP. */
const PUBLIC_CALLS: ReadonlySet<string> = new Set(['ServerLive', 'ServerReady']);

/** Authentication, authorization and rate limits. */
export interface Guard {
  /** Middleware that every request passes before it reaches a model. */
  readonly chain: Chain;
  /** Middleware in front of a route that needs a separate scope. */
  requires(scope: string): Middleware;
  /** Returns whether the client of a request may infer with a model. */
  mayInfer(req: IncomingMessage, model: string): boolean;
  /** Returns the client whose large bodies are limited: the owner of the key, or the address of a request without one. */
  readonly clientOf: (req: IncomingMessage) => string;
  /** Returns the function that charges the client of a request for its cost. */
  readonly chargeOf: (req: IncomingMessage) => Charge;
  /** Returns the function that charges the owner of a job for its cost; undefined for a job of a client without a key. */
  readonly chargeOfJob: (owner: string | undefined) => Charge | undefined;
  /** Checks the same keys, scopes and limits for a call over gRPC. */
  admit(call: IncomingCall): Promise<Admission>;
  /** Stops watching the keys file. */
  close(): void;
}

/** Options of {@link createGuard}. */
export interface GuardOptions extends WatchApiKeysOptions {
  /**
   * Counts that the limits share with other processes and hosts.
   * @defaultValue in the memory of this process
   */
  readonly counts?: GuardCounts;
}

/**
 * Creates the guard: with a keys file every request needs a key, except for public paths.
 *
 * @throws SettingsError when the keys can't be read, or when other accounts may change the keys file.
 */
export async function createGuard(
  settings: Settings,
  protocols: readonly Protocol[],
  { counts, ...keysWatch }: GuardOptions = {},
): Promise<Guard> {
  const { keysFile, pepper = '', maxBodyBytes } = settings;
  const trusted = [requestId(), secureHeaders({ strictTransportSeconds: 0 })];
  const bounded = bodyLimit({
    maxBodyBytes,
    mediaTypes: [...new Set(protocols.flatMap(({ mediaTypes }) => mediaTypes))],
    contentEncodings: ['identity', 'gzip', 'deflate'],
    allowMissingType: true,
  });
  const address = clientAddress({ trustedProxies: ['unix', 'loopback'] });
  const clientOf = (req: IncomingMessage): string => getIdentity(req)?.client ?? address(req);
  const limits = createGuardLimits(settings, {
    ...{ counts, address, skip: isPublic },
    infers: (req) => requestAccess(protocols, req)?.type === 'infer',
  });
  const { limited, refusals, quota, used } = limits;
  const chargeOf = (req: IncomingMessage): Charge => {
    const identity = getIdentity(req);
    return limits.chargeOf({ identity, address: identity === undefined ? address(req) : '' });
  };
  if (keysFile === undefined) {
    return {
      chain: chain(...trusted, bounded, limited, quota),
      requires: () => (_req, _res, next) => {
        next();
      },
      mayInfer: () => true,
      ...{ clientOf, chargeOf, chargeOfJob: () => undefined },
      close: () => undefined,
      async admit(call) {
        const client = { address: address(addressed(call, settings)) };
        if (!PUBLIC_CALLS.has(call.method)) await limits.admit(client, call.method === INFERENCE);
        return { client: client.address, charge: limits.chargeOf(client) };
      },
    };
  }
  const keys = await forSettingLater('FAIRLEAD_KEYS_FILE', async () => {
    const records = await readApiKeys(keysFile);
    return new ApiKeySet({ pepper, records });
  });
  const close = watchApiKeys(keys, keysFile, keysWatch);
  return {
    chain: chain(
      ...trusted,
      bounded,
      apiKeys({ keys, isPublic, refusals }),
      // Before the scope, so that forbidden requests count as well.
      ...[limited, quota, used],
      requiredScope(neededScope(protocols)),
    ),
    requires: (scope) => requiredScope(scope),
    mayInfer(req, model) {
      const identity = getIdentity(req);
      return identity !== undefined && hasScope(identity, `infer:${model}`);
    },
    ...{ clientOf, chargeOf, close },
    chargeOfJob(owner) {
      const identity = owner === undefined ? undefined : keys.identityOf(owner);
      return identity && limits.chargeOfJob({ identity, address: '' });
    },
    async admit(call) {
      if (PUBLIC_CALLS.has(call.method)) return {};
      const { metadata } = call;
      let identity: Identity;
      try {
        identity = authenticate(keys, {
          authorization: metadata.get('authorization').map(String),
          apiKey: metadata.get('x-api-key').map(String),
        });
      } catch (refusal) {
        await refusals.count({ address: address(addressed(call, settings)) });
        throw refusal;
      }
      const client = { identity, address: '' };
      await limits.admit(client, call.method === INFERENCE);
      return {
        ...{ client: identity.client, charge: limits.chargeOf(client) },
        mayInfer(model) {
          checkScope(identity, `infer:${model}`);
        },
      };
    },
  };
}

/** Source of a client's address. */
function addressed({ peer, metadata }: IncomingCall, { grpcListen = '' }: Settings) {
  const end = peer.lastIndexOf(':');
  const remoteAddress = end === -1 ? undefined : peer.slice(0, end);
  return {
    headers: { 'x-forwarded-for': metadata.get('x-forwarded-for').map(String) },
    // Over TCP, a connection without an address is closed.
    socket: {
      destroyed: remoteAddress === undefined && !/^(?:unix|fd):/.test(grpcListen),
      remoteAddress,
    },
  };
}

/** Returns the scope of a request: `infer:<model>` for inference, `admin` to load and unload models; others need any key. */
function neededScope(protocols: readonly Protocol[]): (req: IncomingMessage) => string | undefined {
  return (req) => {
    const access = requestAccess(protocols, req);
    if (access?.type === 'infer') return `infer:${access.target.model}`;
    return access?.type === 'administer' ? 'admin' : undefined;
  };
}

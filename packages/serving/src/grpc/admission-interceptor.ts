import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { BodyMemory } from '../protocol/body-memory.ts';
import { toGrpcError } from './grpc-error.ts';
import type { Admission, IncomingCall } from './grpc-service.ts';
import { countIncomingBytes } from './incoming-bytes.ts';
import { MAX_SMALL_MESSAGE_BYTES } from './small-message.ts';

/** Options of {@link admissionInterceptor}. */
export interface AdmissionInterceptorOptions {
  /** Lets a call in, or throws. */
  readonly admit: (call: IncomingCall) => Admission | Promise<Admission>;
  /** The service whose calls it lets in; those of others pass. */
  readonly service: string;
  /** The memory that messages take. */
  readonly bodies: BodyMemory;
  /** Largest message of inference, in bytes once decompressed; those of other calls are small. */
  readonly maxMessageBytes: number;
  /** How long a message may take to come whole, in milliseconds. */
  readonly receiveTimeoutMs: number;
  readonly onError: (error: unknown) => void;
}

/** What was decided of a call, by the metadata that it came with. */
export type Admissions = WeakMap<Metadata, Admission>;

/**
 * Makes the interceptor that lets calls in by their metadata, before anything of their messages is read: `@grpc/grpc-js`
 * has a whole message in memory, and decompressed, before it asks a handler.
 */
export function admissionInterceptor(
  admissions: Admissions,
  {
    admit,
    service,
    bodies,
    maxMessageBytes,
    receiveTimeoutMs,
    onError,
  }: AdmissionInterceptorOptions,
): ServerInterceptor {
  return function intercept({ path }, call) {
    const method = path.startsWith(`/${service}/`) ? path.slice(service.length + 2) : undefined;
    let timer: NodeJS.Timeout | undefined;
    const refuse = (error: unknown): void => {
      clearTimeout(timer);
      const { code, details, metadata } = toGrpcError(error);
      if (code === status.INTERNAL) onError(error);
      call.sendStatus({ code, details: details ?? '', metadata });
    };
    const account = bodies.open();
    countIncomingBytes(call, {
      maxBytes: method === 'ModelInfer' ? maxMessageBytes : MAX_SMALL_MESSAGE_BYTES,
      maxDecompressedBytes: maxMessageBytes,
      account,
      refuse,
    });
    if (method === undefined) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, proceed) {
            // Before anything is waited for: who cancels meanwhile must find it to clear.
            timer = setTimeout(() => {
              const details = `the message did not come within ${receiveTimeoutMs} ms`;
              call.sendStatus({ code: status.DEADLINE_EXCEEDED, details });
            }, receiveTimeoutMs);
            const incoming = { method, metadata, peer: call.getPeer() };
            // Also what is thrown at once is a refusal.
            const decided = (async () => admit(incoming))();
            decided
              .then((admission) => {
                if (admission.client !== undefined) account.assign(admission.client);
                admissions.set(metadata, admission);
                proceed(metadata);
              })
              .catch(refuse);
          },
          onReceiveMessage(message: Buffer, proceed) {
            // It is decompressed, and its frames are not needed any more.
            account.resize(Math.min(account.bytes, message.length));
            proceed(message);
          },
          onReceiveHalfClose(proceed) {
            clearTimeout(timer);
            proceed();
          },
          onCancel() {
            clearTimeout(timer);
          },
        });
      },
    });
  };
}

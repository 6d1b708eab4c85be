import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { BodyMemory } from '../protocol/body-memory.ts';
import { toGrpcError } from './grpc-error.ts';
import type { Admission, IncomingCall } from './grpc-service.ts';
import { boundIncoming } from './incoming-bytes.ts';
import { MAX_SMALL_MESSAGE_BYTES } from './small-message.ts';

/** Options of {@link admissionInterceptor}. */
export interface AdmissionInterceptorOptions {
  /** Admits a call, or throws. */
  readonly admit: (call: IncomingCall) => Admission | Promise<Admission>;
  /** The service whose calls it admits; those of others, such as health, pass with the bounds of small messages. */
  readonly service: string;
  /** Memory of all messages together. */
  readonly bodies: BodyMemory;
  /** Largest message of inference, in bytes once decompressed; those of all other calls have at most 8 KiB. */
  readonly maxMessageBytes: number;
  /** Maximum time in which a message is received, in milliseconds. */
  readonly receiveTimeoutMs: number;
  readonly onError: (error: unknown) => void;
}

/** Admission of each call, by its metadata. */
export type Admissions = WeakMap<Metadata, Admission>;

/**
 * Creates the interceptor that lets calls in by their metadata, before anything of their messages is read: `@grpc/grpc-js`
 * has a whole message in memory, and decompressed, before it calls a handler.
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
    const isInfer = method === 'ModelInfer';
    let timer: NodeJS.Timeout | undefined;
    const refuse = (error: unknown): void => {
      clearTimeout(timer);
      const { code, details, metadata } = toGrpcError(error);
      if (code === status.INTERNAL) onError(error);
      call.sendStatus({ code, details: details ?? '', metadata });
    };
    // Other messages are small, as many as calls, and the calls of a connection are limited: they take no account.
    const account = isInfer ? bodies.open() : undefined;
    const incoming = boundIncoming(call, {
      maxBytes: isInfer ? maxMessageBytes : MAX_SMALL_MESSAGE_BYTES,
      account,
      refuse,
    });
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, proceed) {
            // Before the first await: a call that is canceled during it must find the timer to clear.
            timer = setTimeout(() => {
              const details = `the message did not come within ${receiveTimeoutMs} ms`;
              call.sendStatus({ code: status.DEADLINE_EXCEEDED, details });
            }, receiveTimeoutMs);
            if (method === undefined) {
              proceed(metadata);
              return;
            }
            const admitted = { method, metadata, peer: call.getPeer() };
            // Also what is thrown at once is a refusal.
            const decided = (async () => admit(admitted))();
            decided
              .then((admission) => {
                if (admission.client !== undefined) account?.assign(admission.client);
                admissions.set(metadata, admission);
                proceed(metadata);
              })
              .catch(refuse);
          },
          onReceiveMessage(message: Buffer, proceed) {
            const proceedWith = (bytes: Buffer): void => {
              // It is decompressed, and its frames are not needed any more.
              account?.resize(Math.min(account.bytes, bytes.length));
              proceed(bytes);
            };
            if (incoming.decompress === undefined) proceedWith(message);
            else incoming.decompress(message).then(proceedWith).catch(refuse);
          },
          onReceiveHalfClose(proceed) {
            clearTimeout(timer);
            proceed();
          },
          // Also called when a status was sent.
          onCancel() {
            clearTimeout(timer);
            incoming.end();
          },
        });
      },
    });
  };
}

import type { Metadata } from '@grpc/grpc-js';
import { safeListener, warnOfFailure } from '../errors/safe-listener.ts';
import type { TraceCarrier } from '../inference/trace-context.ts';

/** Receives calls of `ModelInfer`; `calls` of `requestTracing` in `@fairlead/monitoring/tracing` makes spans of them. */
export interface CallTracer {
  /**
   * Called once the message of a call was received, before it is decoded.
   *
   * @param carrier - the one of the inference of the call
   * @param method - `inference.GRPCInferenceService/ModelInfer`
   */
  started(carrier: TraceCarrier, method: string): void;
  /**
   * Called when the call was answered.
   *
   * @param status - a status of gRPC, 0 for a success
   */
  ended(carrier: TraceCarrier, status: number): void;
}

/** Returns a tracer that forwards to `calls` and never throws: an error costs no call anything, and a warning reports it. */
export function safeCallTracer(calls: CallTracer): CallTracer {
  return {
    started: safeListener((carrier: TraceCarrier, method: string) => {
      calls.started(carrier, method);
    }, warnOfFailure('calls.started')),
    ended: safeListener((carrier: TraceCarrier, status: number) => {
      calls.ended(carrier, status);
    }, warnOfFailure('calls.ended')),
  };
}

const carriers = new WeakMap<Metadata, TraceCarrier>();

/** The carrier of the trace of a call, the same for the same metadata. */
export function carrierOf(metadata: Metadata): TraceCarrier {
  let carrier = carriers.get(metadata);
  if (carrier === undefined) {
    const traceparent = textOf(metadata, 'traceparent');
    const tracestate = textOf(metadata, 'tracestate');
    carrier = {
      headers: {
        ...(traceparent !== undefined && { traceparent }),
        ...(tracestate !== undefined && { tracestate }),
      },
    };
    carriers.set(metadata, carrier);
  }
  return carrier;
}

/** Several values are joined as `node:http` joins those of a header. */
function textOf(metadata: Metadata, name: string): string | undefined {
  const values = metadata.get(name);
  return values.length === 0 ? undefined : values.join(', ');
}

import { safeListener, warnOfFailure } from '../errors/safe-listener.ts';
import type {
  InferenceTracer,
  TracedEncoding,
  TracedInference,
} from '../inference/inference-tracer.ts';

/** Returns a tracer that forwards to `tracer` and never throws: an error costs no request anything, and a warning reports it. */
export function safeTracer(tracer: InferenceTracer): InferenceTracer {
  return {
    inferred: safeListener((inference: TracedInference) => {
      tracer.inferred(inference);
    }, warnOfFailure('tracer.inferred')),
    encoded: safeListener((encoding: TracedEncoding) => {
      tracer.encoded(encoding);
    }, warnOfFailure('tracer.encoded')),
  };
}

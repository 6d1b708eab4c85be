import type { Tensor } from '@fairlead/signature';
import type { Inferred } from '../inference/infer-request.ts';
import type { RoutedInference, VersionChoice } from '../inference/version-router.ts';
import { failureCode, failureReason } from '../models/failure-reason.ts';

/** Parameters of a {@link RoutedRequest}. */
export interface RoutedRequestOptions {
  readonly model: string;
  readonly choice: VersionChoice;
  readonly key: string | undefined;
  /** Called with the end of the request, and of its copy; never throws. */
  readonly report: (inference: RoutedInference) => void;
}

/** A request whose version was chosen by the router of the server, which learns how it ended. */
export class RoutedRequest {
  readonly #options: RoutedRequestOptions;

  constructor(options: RoutedRequestOptions) {
    this.#options = options;
  }

  /** Reports the end of the inference, which it returns as it is. */
  follow<I extends Inferred>(inference: Promise<I>): Promise<I> {
    const startedAt = performance.now();
    inference.then(
      ({ result: { outputs, fallback } }) => {
        // The fallback has answered; the chosen version has failed, or wasn't loaded.
        if (fallback !== undefined)
          this.#report(startedAt, { outcome: 'failure', reason: 'BACKEND' });
        else this.#report(startedAt, { outcome: 'success', outputs });
      },
      (error: unknown) => {
        this.failed(error, startedAt);
      },
    );
    return inference;
  }

  /** Reports a request that was rejected, or has failed. */
  failed(error: unknown, startedAt = performance.now()): void {
    this.#report(startedAt, {
      outcome: 'failure',
      reason: failureReason(error),
      code: failureCode(error),
    });
  }

  /** Reports the end of the copy that the shadow got. */
  shadowEnded(
    end: Pick<RoutedInference, 'outputs' | 'durationMs'> & { readonly error?: unknown },
    answered: readonly Tensor[],
  ): void {
    const { model, choice, key, report } = this.#options;
    const { error, ...rest } = end;
    report({
      ...{ model, version: choice.shadow ?? '', variant: choice.variant, key, role: 'shadow' },
      ...(rest.outputs === undefined
        ? { outcome: 'failure', reason: failureReason(error), code: failureCode(error) }
        : { outcome: 'success' }),
      ...rest,
      answered,
    });
  }

  #report(
    startedAt: number,
    end: Pick<RoutedInference, 'outcome' | 'reason' | 'code' | 'outputs'>,
  ): void {
    const { model, choice, key, report } = this.#options;
    report({
      ...{ model, version: choice.version, variant: choice.variant, key, role: 'answer' },
      ...end,
      durationMs: performance.now() - startedAt,
    });
  }
}

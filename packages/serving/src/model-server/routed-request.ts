import type { Tensor } from '@fairlead/signature';
import { isRuntimeFault } from '../errors/runtime-fault.ts';
import { ServingError } from '../errors/serving-error.ts';
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

/** A deadline that passed is of the server from this part of its limit on. */
const DEADLINE_SHARE = 0.95;

/** A request whose version was chosen by the router of the server, which learns how it ended. */
export class RoutedRequest {
  readonly #options: RoutedRequestOptions;
  #fellBack = false;

  constructor(options: RoutedRequestOptions) {
    this.#options = options;
  }

  /** Notes that the chosen version has failed, and the fallback is tried. */
  fellBack(): void {
    this.#fellBack = true;
  }

  /**
   * Reports the end of the inference, which it returns as it is.
   *
   * @param limitMs - time that the server gives a request
   */
  follow<I extends Inferred>(inference: Promise<I>, limitMs: number): Promise<I> {
    const startedAt = performance.now();
    inference.then(
      ({ result: { outputs }, isCached }) => {
        // The fallback has answered; the chosen version has failed.
        if (!this.#fellBack) this.#report(startedAt, { outcome: 'success', outputs, isCached });
        else this.#report(startedAt, { outcome: 'failure', reason: 'BACKEND', isFault: true });
      },
      (error: unknown) => {
        this.#failed(error, startedAt, isFaultOf(error, performance.now() - startedAt, limitMs));
      },
    );
    return inference;
  }

  /** Reports a request that was rejected before it was read. */
  rejected(error: unknown): void {
    this.#failed(error, performance.now(), isFaultOf(error, 0, Infinity));
  }

  /** Reports the end of the copy that the shadow got. Copies run after all other work, so that a late one is no fault. */
  shadowEnded(
    end: Pick<RoutedInference, 'outputs' | 'durationMs'> & { readonly error?: unknown },
    answered: readonly Tensor[],
  ): void {
    const { model, choice, key, report } = this.#options;
    const { error, ...rest } = end;
    const reason = failureReason(error);
    report({
      ...{ model, choice, version: choice.shadow ?? '', variant: choice.variant, key },
      role: 'shadow',
      ...(rest.outputs === undefined
        ? {
            ...{ outcome: 'failure', reason, code: failureCode(error) },
            isFault: reason === 'BACKEND',
          }
        : { outcome: 'success' }),
      ...rest,
      answered,
    });
  }

  #failed(error: unknown, startedAt: number, isFault: boolean): void {
    const [reason, code] = [failureReason(error), failureCode(error)];
    this.#report(startedAt, {
      ...{ outcome: 'failure', reason, code, isFault },
      ...(this.#fellBack && { fallbackFailed: true }),
    });
  }

  #report(
    startedAt: number,
    end: Pick<
      RoutedInference,
      'outcome' | 'reason' | 'code' | 'isFault' | 'fallbackFailed' | 'isCached' | 'outputs'
    >,
  ): void {
    const { model, choice, key, report } = this.#options;
    report({
      ...{ model, choice, version: choice.version, variant: choice.variant, key, role: 'answer' },
      ...end,
      durationMs: performance.now() - startedAt,
    });
  }
}

function isFaultOf(error: unknown, durationMs: number, limitMs: number): boolean {
  if (!(error instanceof ServingError)) return false;
  switch (error.code) {
    case 'ERR_SERVING_OVERLOADED':
    case 'ERR_SERVING_CIRCUIT_OPEN':
      return true;
    case 'ERR_SERVING_DEADLINE_EXCEEDED':
      return durationMs >= limitMs * DEADLINE_SHARE;
    default:
      return isRuntimeFault(error);
  }
}

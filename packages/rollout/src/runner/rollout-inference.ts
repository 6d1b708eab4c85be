import type { Tensor } from '@fairlead/signature';

/** Versions that answer a request, as serving's `VersionChoice`. */
export interface RolloutChoice {
  readonly version: string;
  readonly shadow?: string | undefined;
  readonly variant: string;
  /** Rollout and step that the request belongs to. */
  readonly rollout: string;
  readonly step: number;
}

/** End of a routed request, as serving's `RoutedInference`. */
export interface RolloutInference {
  readonly model: string;
  /** The object that `route` returned. */
  readonly choice: object;
  readonly version: string;
  readonly variant?: string | undefined;
  readonly key: string | undefined;
  readonly role: 'answer' | 'shadow';
  readonly outcome: 'success' | 'failure';
  readonly reason?: string | undefined;
  readonly code?: string | undefined;
  readonly isFault?: boolean | undefined;
  readonly fallbackFailed?: boolean | undefined;
  readonly isCached?: boolean | undefined;
  readonly durationMs: number;
  readonly outputs?: readonly Tensor[] | undefined;
  readonly answered?: readonly Tensor[] | undefined;
}

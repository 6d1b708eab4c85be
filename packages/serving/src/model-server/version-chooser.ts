import type { InferTarget } from '../inference/infer-request.ts';
import type { VersionChoice, VersionRouter } from '../inference/version-router.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { ServingEvent } from '../models/serving-event.ts';

const EVENT_INTERVAL_MS = 10_000;

/** Live versions that a router chose. */
export interface ChosenVersions {
  readonly version: LoadedVersion | undefined;
  readonly shadow: LoadedVersion | undefined;
}

/** Calls the router of a server, and reports choices that can't be followed: then the version of the alias answers. */
export class VersionChooser {
  readonly #router: VersionRouter;
  readonly #onEvent: (event: ServingEvent) => void;
  /** By the name of the model. */
  readonly #reportedAt = new Map<string, number>();

  constructor(router: VersionRouter, onEvent: (event: ServingEvent) => void) {
    this.#router = router;
    this.#onEvent = onEvent;
  }

  choose(served: ServedModel, target: InferTarget, key: string | undefined): ChosenVersions {
    const choice = this.#call(target, key);
    if (choice === undefined) return { version: undefined, shadow: undefined };
    const version = served.find(choice.version);
    if (version === undefined) this.#report(target.model, `version ${choice.version} is not live`);
    const shadow = choice.shadow === undefined ? undefined : served.find(choice.shadow);
    return { version, shadow: shadow === version ? undefined : shadow };
  }

  #call(target: InferTarget, key: string | undefined): VersionChoice | undefined {
    try {
      return this.#router.route(target, key);
    } catch (error) {
      this.#report(target.model, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #report(model: string, reason: string): void {
    const now = performance.now();
    if (now - (this.#reportedAt.get(model) ?? -Infinity) < EVENT_INTERVAL_MS) return;
    this.#reportedAt.set(model, now);
    this.#onEvent({ type: 'route-failed', model, reason });
  }
}

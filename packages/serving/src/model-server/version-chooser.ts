import { describeValue } from '@fairlead/signature';
import { wrongResult } from '../errors/check-functions.ts';
import type { InferTarget } from '../inference/infer-request.ts';
import type {
  RoutedInference,
  VersionChoice,
  VersionRole,
  VersionRouter,
} from '../inference/version-router.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { ServingEvent } from '../models/serving-event.ts';
import { RoutedRequest } from './routed-request.ts';

const EVENT_INTERVAL_MS = 10_000;

/** Live versions that a router chose. */
export interface ChosenVersions {
  readonly version: LoadedVersion | undefined;
  readonly shadow: LoadedVersion | undefined;
  /** Set where the choice is followed: the router learns how the request ends. */
  readonly routed: RoutedRequest | undefined;
  readonly variant: string | undefined;
}

const NONE: ChosenVersions = {
  version: undefined,
  shadow: undefined,
  routed: undefined,
  variant: undefined,
};

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

  choose(served: ServedModel, { model }: InferTarget, key: string | undefined): ChosenVersions {
    const choice = this.#call(model, key);
    if (choice === undefined) return NONE;
    const version = this.#find(served, 'answer', choice.version);
    const shadow =
      choice.shadow === undefined ? undefined : this.#find(served, 'shadow', choice.shadow);
    if (version === undefined) return { ...NONE, shadow };
    const report = this.#finished;
    const isFollowed = this.#router.finished !== undefined;
    const routed = isFollowed ? new RoutedRequest({ model, choice, key, report }) : undefined;
    const { variant } = choice;
    return { version, shadow: shadow === version ? undefined : shadow, routed, variant };
  }

  readonly #finished = (inference: RoutedInference): void => {
    try {
      this.#router.finished?.(inference);
    } catch (error) {
      this.#report(inference.model, error instanceof Error ? error.message : String(error));
    }
  };

  #call(model: string, key: string | undefined): VersionChoice | undefined {
    try {
      // The target is a copy: requests of one path share theirs.
      return checkChoice(this.#router.route({ model }, key));
    } catch (error) {
      this.#report(model, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #find(served: ServedModel, role: VersionRole, version: string): LoadedVersion | undefined {
    const found = served.findFor(role, version);
    if (found !== undefined) return found;
    const what = `${role === 'answer' ? 'version' : 'shadow version'} ${describeValue(version)}`;
    const live = served.live
      .filter(({ isBackground }) => role === 'shadow' || !isBackground)
      .map(({ label }) => label.version);
    this.#report(served.name, `${what} is not live; live: ${live.join(', ') || 'none'}`);
    return undefined;
  }

  #report(model: string, reason: string): void {
    const now = performance.now();
    if (now - (this.#reportedAt.get(model) ?? -Infinity) < EVENT_INTERVAL_MS) return;
    this.#reportedAt.set(model, now);
    this.#onEvent({ type: 'route-failed', model, reason });
  }
}

/** @throws ServingError for a result that is neither a choice nor undefined. */
function checkChoice(choice: unknown): VersionChoice | undefined {
  if (choice === undefined) return undefined;
  if (typeof choice === 'object' && choice !== null && 'version' in choice) {
    const { version, shadow, variant } = choice as Readonly<Record<keyof VersionChoice, unknown>>;
    const wrong = Object.entries({ version: version ?? null, shadow, variant }).find(
      ([, value]) => value !== undefined && typeof value !== 'string',
    );
    if (wrong === undefined) return choice as VersionChoice;
    const [name] = wrong;
    const value = (choice as Readonly<Record<string, unknown>>)[name];
    throw new TypeError(
      `route() chose the ${name} ${describeValue(value)}; it must be a string, such as "2"`,
    );
  }
  throw wrongResult('route', choice, 'an object such as { version: "2" }, or undefined');
}

import { JobsError } from '../errors/jobs-error.ts';
import type { Charge } from './charge.ts';
import type { JobLimits } from './job-limits.ts';

type Counted = (typeof COUNTED)[number];
type Sums = Record<Counted, number>;

/** Limits that a charge is compared with. */
interface Bound {
  readonly whose: string;
  readonly sums: Sums | undefined;
  readonly isOwners: boolean;
  readonly maxJobs: readonly [option: keyof JobLimits, limit: number];
  readonly maxBytes: readonly [option: keyof JobLimits, limit: number];
}

// Jobs finish soon; bytes are stored until a result is deleted or its retention ends.
const RETRY_AFTER_MS: Readonly<Record<Counted, number>> = {
  jobs: 1000,
  webhooks: 10_000,
  bytes: 60_000,
};
const COUNTED = ['jobs', 'webhooks', 'bytes'] as const;
const NOTHING: Sums = { jobs: 0, webhooks: 0, bytes: 0 };

/** Usage of a queue: in total, by owner, and by model. */
export class JobUsage {
  readonly #limits: Required<JobLimits>;
  readonly #all: Sums = { ...NOTHING };
  readonly #owners = new Map<string, Sums>();
  readonly #models = new Map<string, Sums>();

  constructor(limits: Required<JobLimits>) {
    this.#limits = limits;
  }

  add(charge: Charge): void {
    this.#sum(charge, 1);
  }

  subtract(charge: Charge): void {
    this.#sum(charge, -1);
  }

  /**
   * Compares the usage with the limits as if `charge` was added in place of `replaced`.
   *
   * @throws JobsError `ERR_JOBS_OWNER_LIMIT` for a limit of the owner, `ERR_JOBS_FULL` for one of the
   * model or of the queue, and `ERR_JOBS_TOO_LARGE` for a charge that never fits.
   */
  requireRoom(charge: Charge, replaced?: Charge): void {
    for (const bound of this.#boundsOf(charge)) {
      for (const what of COUNTED) {
        const more = charge[what] - (replaced?.[what] ?? 0);
        if (more > 0) requireWithin(bound, what, charge, more);
      }
    }
  }

  /**
   * Compares the usage, which includes `charge` already, with the limits.
   *
   * @throws JobsError as {@link requireRoom}.
   */
  requireWithin(charge: Charge): void {
    for (const bound of this.#boundsOf(charge)) {
      for (const what of COUNTED) if (charge[what] > 0) requireWithin(bound, what, charge, 0);
    }
  }

  #boundsOf({ owner, model }: Charge): Bound[] {
    const { maxJobs, maxJobsPerOwner, maxJobsPerModel } = this.#limits;
    const { maxBytes, maxBytesPerOwner, maxBytesPerModel } = this.#limits;
    const bounds: Bound[] = [
      {
        whose: `model ${JSON.stringify(model.slice(0, 100))}`,
        sums: this.#models.get(model),
        isOwners: false,
        maxJobs: ['maxJobsPerModel', maxJobsPerModel],
        maxBytes: ['maxBytesPerModel', maxBytesPerModel],
      },
      {
        whose: 'the queue',
        sums: this.#all,
        isOwners: false,
        maxJobs: ['maxJobs', maxJobs],
        maxBytes: ['maxBytes', maxBytes],
      },
    ];
    if (owner === undefined) return bounds;
    const owners: Bound = {
      whose: `client ${JSON.stringify(owner.slice(0, 100))}`,
      sums: this.#owners.get(owner),
      isOwners: true,
      maxJobs: ['maxJobsPerOwner', maxJobsPerOwner],
      maxBytes: ['maxBytesPerOwner', maxBytesPerOwner],
    };
    return [owners, ...bounds];
  }

  #sum(charge: Charge, sign: 1 | -1): void {
    addTo(this.#all, charge, sign);
    addToEach(this.#models, charge.model, charge, sign);
    if (charge.owner !== undefined) addToEach(this.#owners, charge.owner, charge, sign);
  }
}

function requireWithin(bound: Bound, what: Counted, charge: Charge, more: number): void {
  const { maxJobs, maxBytes, sums = NOTHING } = bound;
  const [option, limit] = what === 'bytes' ? maxBytes : maxJobs;
  if (sums[what] + more <= limit) return;
  throw what === 'bytes' && charge.bytes > limit
    ? tooLarge(charge.bytes, option, limit)
    : refused(bound, what, option, limit);
}

function addTo(sums: Sums, charge: Charge, sign: 1 | -1): void {
  sums.jobs += sign * charge.jobs;
  sums.webhooks += sign * charge.webhooks;
  sums.bytes += sign * charge.bytes;
}

function addToEach(all: Map<string, Sums>, name: string, charge: Charge, sign: 1 | -1): void {
  const sums = all.get(name) ?? { ...NOTHING };
  addTo(sums, charge, sign);
  if (sums.jobs === 0 && sums.webhooks === 0 && sums.bytes === 0) all.delete(name);
  else all.set(name, sums);
}

function refused(
  { whose, isOwners }: Bound,
  what: Counted,
  option: keyof JobLimits,
  limit: number,
): JobsError {
  const held = {
    jobs: `holds ${limit} jobs that wait or run`,
    webhooks: `has ${limit} webhooks that wait for their delivery`,
    bytes: `has no room within its ${limit} bytes of requests and stored responses`,
  }[what];
  const fix = {
    jobs: 'try again when a job has ended or was canceled',
    webhooks: 'try again when a webhook was delivered',
    bytes: 'delete results that were read, or try again later',
  }[what];
  return new JobsError(
    isOwners ? 'ERR_JOBS_OWNER_LIMIT' : 'ERR_JOBS_FULL',
    `${whose} ${held}, the limit ${option}; ${fix}`,
    { retryAfterMs: RETRY_AFTER_MS[what] },
  );
}

function tooLarge(bytes: number, option: keyof JobLimits, limit: number): JobsError {
  return new JobsError(
    'ERR_JOBS_TOO_LARGE',
    `${bytes} bytes are more than the ${limit} that ${option} allows for everything together`,
  );
}

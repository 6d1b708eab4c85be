/** Time until a host or a task counts after its models are loaded, in seconds. */
const SETTLING_SECONDS = 60;

/** Returns the seconds until a new host or task counts. */
export function warmUpSeconds({
  modelLoadSeconds = 60,
}: {
  readonly modelLoadSeconds?: number;
}): number {
  return modelLoadSeconds + SETTLING_SECONDS;
}

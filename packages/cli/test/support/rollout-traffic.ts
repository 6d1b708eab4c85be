const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { RolloutRunner } = await import('@fairlead/rollout');

/** Options of {@link sendTraffic}. */
export interface TrafficOptions {
  readonly model: string;
  /** Requests, each of another user. */
  readonly requests: number;
  /** Number of the first user. */
  readonly firstUser?: number;
  /** Returns whether a version fails at a request. */
  readonly fails?: (version: string, request: number) => boolean;
  /** Returns the outcomes of a user after the answer of a version. */
  readonly outcomes?: (version: string, user: number) => Readonly<Record<string, number>>;
  /** Judges at the end, as a gateway does every minute. */
  readonly judge?: boolean;
}

/** Answers requests as a gateway with rollouts does, and stores what it counted. */
export async function sendTraffic(
  registryFolder: string,
  {
    model,
    requests,
    firstUser = 0,
    fails = () => false,
    outcomes = () => ({}),
    judge = false,
  }: TrafficOptions,
): Promise<void> {
  const objects = folderStore(registryFolder);
  const registry = new ModelRegistry({ store: objects });
  const champion = async () => String((await registry.resolve(model, 'champion')).version);
  const current = await champion();
  const runner = new RolloutRunner({
    ...{ objects, writer: `host-${process.hrtime.bigint()}`, actor: 'gateway' },
    models: () => [model],
    isLive: () => true,
    currentOf: () => current,
    championOf: champion,
    async promote(_, { version, baseline, reason }) {
      const expected = Number(baseline);
      await registry.setAlias(model, 'champion', Number(version), {
        actor: 'gateway',
        reason,
        expected,
      });
    },
  });
  await runner.poll();
  for (let request = 0; request < requests; request += 1) {
    const key = `user-${firstUser + request}`;
    const choice = runner.route({ model }, key);
    if (choice === undefined) continue;
    const end = { model, key, choice, variant: choice.variant, durationMs: 5 } as const;
    const version = choice.shadow ?? choice.version;
    runner.finished({
      ...{ ...end, version, role: choice.shadow === undefined ? 'answer' : 'shadow' },
      ...(fails(version, request)
        ? { outcome: 'failure', reason: 'BACKEND', isFault: true }
        : { outcome: 'success', outputs: [] }),
    });
    const happened = Object.entries(outcomes(version, firstUser + request));
    const at = Date.now();
    runner.addOutcomes(
      model,
      happened.map(([metric, value]) => ({ key, metric, value, at })),
    );
  }
  await runner.flush();
  if (judge) await runner.judge();
  await runner.close();
}

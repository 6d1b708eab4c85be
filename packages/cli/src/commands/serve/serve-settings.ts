import { randomBytes } from 'node:crypto';
import type { CommandContext } from '../../command-context.ts';
import type { TemporaryFolder } from '../../temporary-folder/temporary-folder.ts';

/** Settings that decide who may call; a temporary key replaces them. */
const ACCESS = new Set([
  'FAIRLEAD_KEYS_FILE',
  'FAIRLEAD_PEPPER',
  'FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE',
]);

/** Decisions of the command line for the gateway. */
export interface GatewayChoice {
  readonly location: string;
  readonly alias: string;
  readonly model?: string | undefined;
  readonly source?: string | undefined;
  readonly port: number;
  readonly processes?: number | 'auto' | undefined;
  readonly folder: TemporaryFolder;
}

/**
 * Creates a key for this run and the settings of the gateway, as environment variables; other settings of the environment apply.
 */
export async function serveSettings(
  { io }: CommandContext,
  { location, alias, model, source, port, processes, folder }: GatewayChoice,
): Promise<{ readonly key: string; readonly settings: Readonly<Record<string, string>> }> {
  const { createApiKey } = await import('@fairlead/security');
  const pepper = randomBytes(32).toString('base64');
  const { key, record } = createApiKey({
    ...{ pepper, client: 'fairlead-serve', scopes: ['infer:*', 'metrics'] },
    now: () => io.now().getTime(),
  });
  const keysFile = await folder.write('keys.json', JSON.stringify({ keys: [record] }));
  const given = Object.entries(io.env).flatMap(([name, value]) =>
    name.startsWith('FAIRLEAD_') && !ACCESS.has(name) && value !== undefined
      ? [[name, value] as const]
      : [],
  );
  const settings = {
    FAIRLEAD_LOG_LEVEL: 'warn',
    // A laptop that serves the registry of a fleet for a moment must not judge its rollouts.
    FAIRLEAD_ROLLOUTS: 'off',
    ...Object.fromEntries(given),
    FAIRLEAD_REGISTRY: location,
    FAIRLEAD_ALIAS: alias,
    FAIRLEAD_LISTEN: `127.0.0.1:${port}`,
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    ...(processes !== undefined && { FAIRLEAD_PROCESSES: String(processes) }),
    ...(model !== undefined && source === undefined && { FAIRLEAD_MODELS: model }),
  };
  return { key, settings };
}

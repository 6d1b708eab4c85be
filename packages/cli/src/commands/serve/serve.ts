import { once } from 'node:events';
import { CliError } from '../../cli-error.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import { requireOnnxRuntime } from '../../run/require-onnx-runtime.ts';
import { choosePort } from './choose-port.ts';
import { formatServing } from './format-serving.ts';
import { openBrowser } from './open-browser.ts';
import { pushToTemporary } from './push-to-temporary.ts';
import { readServing } from './read-serving.ts';
import { serveSettings } from './serve-settings.ts';
import { servedRegistry, type ServedRegistry } from './served-registry.ts';
import { startGateway, type RunningGateway } from './start-gateway.ts';
import { TemporaryFolder } from '../../temporary-folder/temporary-folder.ts';

/** Options of {@link serve}, as the command line has them. */
export interface ServeOptions {
  /** ONNX file or folder that is served from a temporary registry. */
  readonly source?: string | undefined;
  readonly registry?: string | undefined;
  readonly model?: string | undefined;
  readonly alias: string;
  /** TCP port; 0 is any free one. */
  readonly port?: number | undefined;
  /** Processes that answer requests. */
  readonly processes?: number | 'auto' | undefined;
  readonly open?: true | undefined;
  readonly json?: true | undefined;
}

/**
 * Serves a registry or a model file until a signal stops the process, with a key that is valid as long as it runs.
 *
 * @throws CliError `ERR_CLI_NO_RUNTIME`, `ERR_CLI_NO_REGISTRY`, `ERR_CLI_USAGE`; RegistryError when the registry or the source can't be read
 */
export async function serve(context: CommandContext, options: ServeOptions): Promise<void> {
  const stop = context.io.stopSignal?.() ?? new AbortController().signal;
  await requireOnnxRuntime();
  const port = await choosePort(options.port);
  const folder = await TemporaryFolder.create('serve');
  try {
    const served = await openServed(context, options, folder);
    const { key, settings } = await serveSettings(context, { ...options, ...served, port, folder });
    const gateway = await startGateway(settings, context);
    try {
      await Promise.race([gateway.loaded, whenAborted(stop)]);
      if (!stop.aborted)
        await present(context, options, served, { gateway, key, folder, settings });
      await whenAborted(stop);
    } finally {
      await gateway.close();
    }
  } finally {
    await folder.remove();
  }
}

async function openServed(
  context: CommandContext,
  options: ServeOptions,
  folder: TemporaryFolder,
): Promise<ServedRegistry> {
  const { source, model, alias } = options;
  if (source === undefined) return servedRegistry(context, options);
  if (options.registry !== undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${source} is served from a temporary registry: leave --registry out, or push it first with "fairlead model push"`,
    );
  }
  const { actor } = auditContext(context, {});
  return pushToTemporary(folder.path, { source, model, alias, actor });
}

interface Running {
  readonly gateway: RunningGateway;
  readonly key: string;
  readonly folder: TemporaryFolder;
  readonly settings: Readonly<Record<string, string>>;
}

async function present(
  { io, output }: CommandContext,
  options: ServeOptions,
  served: ServedRegistry,
  running: Running,
): Promise<void> {
  const { gateway, key, folder, settings } = running;
  const address = `http://127.0.0.1:${gateway.port() ?? 0}`;
  const { FAIRLEAD_GRPC_LISTEN: grpc } = io.env;
  const read = await readServing({ address, key, models: served.models, folder });
  const { count: number, reason } = gateway.processes;
  const processes = { number, ...(reason !== undefined && { reason }) };
  const serving = { ...read, processes, ...(grpc !== undefined && { grpc }) };
  output.present(options, serving, () =>
    formatServing(serving, { ...served, ...options, settings }),
  );
  if (options.open === true) openBrowser(`${address}/docs`);
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

import type { Server } from 'node:http';
import type { Logger } from '../monitoring/logger.ts';
import type { ProcessGroup, TakeConnection } from '../process-group/process-group.ts';
import type { Settings } from '../settings/settings.ts';
import { listenOn } from './listen-on.ts';

/** A gRPC server that listens. */
export interface GrpcListener {
  /** TCP port; 1 for a Unix socket, and for connections that another process accepts. */
  readonly port: number;
  /** Serves a connection that another process has accepted; undefined where this one listens itself. */
  readonly take?: TakeConnection;
  /** Answers calls in flight; resolves to true when each was answered within `graceMs`. */
  close(graceMs: number): Promise<boolean>;
}

/** Listening of a gateway over HTTP, and over gRPC when the settings name an address for it. */
export class Listener {
  readonly #settings: Settings;
  readonly #server: Server;
  readonly #startGrpc: () => Promise<GrpcListener | undefined>;
  readonly #logger: Logger;
  readonly #processes: ProcessGroup | undefined;
  #grpc: GrpcListener | undefined;
  #isClosing = false;

  constructor(
    settings: Settings,
    server: Server,
    startGrpc: () => Promise<GrpcListener | undefined>,
    {
      logger,
      processes,
    }: { readonly logger: Logger; readonly processes: ProcessGroup | undefined },
  ) {
    this.#settings = settings;
    this.#server = server;
    this.#startGrpc = startGrpc;
    this.#logger = logger;
    this.#processes = processes;
  }

  /**
   * Starts to listen, unless the gateway is closing.
   *
   * @throws SettingsError when an address can't be listened on; the gateway then listens on none.
   */
  async open(): Promise<void> {
    if (this.#isClosing) return;
    const { listen, grpcListen } = this.#settings;
    if (this.#processes !== undefined) {
      this.#grpc = await this.#startGrpc();
      await this.#processes.open({ http: this.#server, grpc: this.#grpc?.take });
      return;
    }
    await listenOn(this.#server, listen, 'FAIRLEAD_LISTEN');
    const address = this.#server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    this.#logger.info({ listen, ...(port !== undefined && { port }) }, 'listening');
    this.#grpc = await this.#startGrpc().catch((error: unknown) => {
      this.#server.close();
      throw error;
    });
    if (this.#grpc === undefined) return;
    this.#logger.info({ listen: grpcListen, port: this.#grpc.port }, 'listening for gRPC');
  }

  /** Makes a later {@link open} do nothing. */
  prepareToClose(): void {
    this.#isClosing = true;
  }

  /** Resolves when the connections that other processes have accepted have ended; no more of them come. */
  async endPassedConnections(): Promise<void> {
    await this.#processes?.endConnections();
  }

  /** Closes gRPC; resolves to true when each call was answered within `graceMs`. */
  async closeGrpc(graceMs: number): Promise<boolean> {
    return (await this.#grpc?.close(graceMs)) ?? true;
  }
}

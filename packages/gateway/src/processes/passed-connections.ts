import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections of an HTTP server that another process has accepted. */
export class PassedConnections {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #onEmpty: (() => void) | undefined;

  constructor(server: Server) {
    this.#server = server;
    // This event starts the timeouts of headers and requests, and the list of idle connections.
    server.emit('listening');
  }

  /** Serves a connection. */
  take(socket: Socket): void {
    // As for the connections that an HTTP server accepts itself.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#onEmpty?.();
    });
    this.#server.emit('connection', socket);
  }

  /** Resolves when no connection is open. */
  async ended(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }
}

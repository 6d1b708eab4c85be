import { createServer, type Server, type Socket } from 'node:net';
import { listenOn } from '../listening/listen-on.ts';

/** Server behind an address. */
export type DoorName = 'http' | 'grpc';

/** A process that takes connections. */
export interface ConnectionTaker {
  /** Passes a connection on; resolves to false when the process has ended before it got the connection. */
  pass(door: DoorName, socket: Socket): Promise<boolean>;
}

/** An address that all processes share. */
export interface DoorAddress {
  readonly name: DoorName;
  readonly address: string;
  /** The setting that names it. */
  readonly variable: string;
}

/** Connections that wait while no process takes any; further ones are closed. */
const MAX_WAITING = 4096;

/**
 * The addresses of a gateway: accepts connections, and passes them by turns to the processes that take them.
 *
 * Not `node:cluster`, which loses the connections that it passes to a process at the moment in which that is killed: they stay open
 * without an answer.
 */
export class Doors {
  readonly #addresses: readonly DoorAddress[];
  readonly #takers: ConnectionTaker[] = [];
  readonly #servers: Server[] = [];
  readonly #waiting: (readonly [DoorName, Socket])[] = [];
  #opening: Promise<void> | undefined;

  constructor(addresses: readonly DoorAddress[]) {
    this.#addresses = addresses;
  }

  /** TCP port of HTTP; undefined before the first process takes connections, and on a socket that has none. */
  get port(): number | undefined {
    const address = this.#servers[0]?.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** True if no process takes connections. */
  get isUnattended(): boolean {
    return this.#takers.length === 0;
  }

  /**
   * Adds a process that takes connections; the first one makes the gateway listen.
   *
   * @throws SettingsError naming the variable of an address that can't be listened on.
   */
  async add(taker: ConnectionTaker): Promise<void> {
    this.#takers.push(taker);
    for (const [door, socket] of this.#waiting.splice(0)) this.#pass(door, socket);
    this.#opening ??= this.#open();
    await this.#opening;
  }

  /** Removes a process; it gets no connection any more. */
  remove(taker: ConnectionTaker): void {
    const index = this.#takers.indexOf(taker);
    if (index !== -1) this.#takers.splice(index, 1);
  }

  /** Accepts no more connections; those that wait in a socket of another process stay there. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const [, socket] of this.#waiting.splice(0)) socket.destroy();
  }

  async #open(): Promise<void> {
    for (const { name, address, variable } of this.#addresses) {
      // Nothing is read here: the first bytes belong to the process that gets the connection.
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
        // The client may close its connection at any time.
        socket.on('error', () => undefined);
        this.#pass(name, socket);
      });
      this.#servers.push(server);
      await listenOn(server, address, variable);
      // Without descriptors a connection can't be accepted: it waits in the socket, and the processes go on.
      server.on('error', () => undefined);
    }
  }

  #pass(door: DoorName, socket: Socket): void {
    const taker = this.#takers.shift();
    if (taker === undefined) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push([door, socket]);
      else socket.destroy();
      return;
    }
    this.#takers.push(taker);
    void taker.pass(door, socket).then((isPassed) => {
      if (isPassed) return;
      this.remove(taker);
      if (!socket.destroyed) this.#pass(door, socket);
    });
  }
}

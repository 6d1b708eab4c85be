import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy to `port` whose connections can be cut, as by a network failure. */
export class TcpLink {
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  #up = true;
  readonly #server = createServer((from) => {
    if (!this.#up) {
      from.destroy();
      return;
    }
    const to = connect(this.#port, '127.0.0.1');
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });

  private constructor(port: number) {
    this.#port = port;
  }

  static async to(port: number): Promise<TcpLink> {
    const link = new TcpLink(port);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#up = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#up = true;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

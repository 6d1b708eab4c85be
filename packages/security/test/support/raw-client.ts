import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Socket that sends any bytes, so that a test can violate HTTP. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves with the way in which the connection ended. */
  readonly closed: Promise<'cleanly' | 'by reset'>;
  #received = '';

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.#received += text;
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('end', () => {
        resolve('cleanly');
      });
      this.socket.once('error', () => {
        resolve('by reset');
      });
      this.socket.once('close', () => {
        resolve('cleanly');
      });
    });
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  /** Everything that has come so far, as Latin-1. */
  get received(): string {
    return this.#received;
  }

  /** Sends lines joined by CRLF; an empty last pair ends the head. */
  send(...lines: readonly string[]): this {
    this.socket.write(lines.join('\r\n'), 'latin1');
    return this;
  }

  /** Waits until what came matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received)) {
      await new Promise<void>((resolve, reject) => {
        const fail = (): void => {
          reject(new Error(`Closed before ${String(pattern)} came: ${this.#received}`));
        };
        if (this.socket.destroyed) fail();
        this.socket.once('close', fail);
        this.socket.once('data', () => {
          this.socket.off('close', fail);
          resolve();
        });
      });
    }
    return this.#received;
  }
}

/** Sends one request and returns everything that came until the server closed the connection. */
export async function exchange(port: number, ...lines: readonly string[]): Promise<string> {
  const client = new RawClient(port).send(...lines);
  await client.closed;
  return client.received;
}

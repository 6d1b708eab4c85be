import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** Bytes of a request that is sent again and again. */
export function requestBytes(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Buffer {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/**
 * A connection with one request at a time, for responses that have a length, as a gateway's have.
 *
 * On plain sockets rather than with `node:http`, which needs as much of the machine as the gateway under test.
 */
export class HttpClient {
  readonly #socket: Socket;
  #received = '';
  #settle: ((status: number) => void) | undefined;
  #closed = false;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#received += text;
      this.#read();
    });
    const fail = (): void => {
      this.#closed = true;
      this.#settle?.(0);
    };
    this.#socket.on('error', fail);
    this.#socket.on('close', fail);
  }

  /** Resolves to the status, or to 0 if the connection ended. */
  send(bytes: Buffer): Promise<number> {
    return new Promise((resolve) => {
      this.#settle = (status) => {
        this.#settle = undefined;
        resolve(status);
      };
      if (this.#closed) this.#settle(0);
      else this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(): void {
    const end = this.#received.indexOf(HEAD_END);
    if (end === -1) return;
    const head = this.#received.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const whole = end + HEAD_END.length + length;
    if (this.#received.length < whole) return;
    this.#received = this.#received.slice(whole);
    this.#settle?.(Number(head.slice(9, 12)));
  }
}

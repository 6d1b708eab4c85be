import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '../servers/side.ts';

/** One answer, or its absence. */
export interface Answer {
  /** 0 when there was none. */
  readonly status: number;
  readonly durationMs: number;
}

const TURN_MS = 2;
const HEAD_END = '\r\n\r\n';

/**
 * Sends at a fixed rate, whether answers come or not, as many independent clients do.
 *
 * On plain sockets rather than with `node:http`, which needs as much of the machine as the server under test.
 */
export async function openLoad(
  { port, path, headers }: Side,
  body: string,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly Answer[]> {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  const idle: Client[] = [];
  const clients = new Set<Client>();
  const pending: Promise<Answer>[] = [];
  const startedAt = performance.now();
  const total = Math.round(perSecond * seconds);
  while (pending.length < total) {
    const due = ((performance.now() - startedAt) / 1000) * perSecond;
    while (pending.length < Math.min(due, total)) pending.push(send());
    await sleep(TURN_MS);
  }
  const answers = await Promise.all(pending);
  for (const client of clients) client.close();
  return answers;

  async function send(): Promise<Answer> {
    const client = idle.pop() ?? new Client(port);
    clients.add(client);
    const answer = await client.ask(bytes);
    if (answer.status === 0) clients.delete(client);
    else idle.push(client);
    return answer;
  }
}

/** One connection with one request at a time; reads answers that have a length, as a gateway's have. */
class Client {
  readonly #socket: Socket;
  #received = '';
  #done: ((status: number) => void) | undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#received += text;
      this.#read();
    });
    this.#socket.on('error', () => this.#done?.(0));
    this.#socket.on('close', () => this.#done?.(0));
  }

  ask(bytes: Buffer): Promise<Answer> {
    return new Promise((resolve) => {
      const sentAt = performance.now();
      this.#done = (status) => {
        this.#done = undefined;
        resolve({ status, durationMs: performance.now() - sentAt });
      };
      this.#socket.write(bytes);
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
    this.#done?.(Number(head.slice(9, 12)));
  }
}

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What came of one request. */
export interface LoadAnswer {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly version: string | undefined;
  readonly body: string;
  /** When it was answered, as of `performance.now()`. */
  readonly at: number;
}

/** Inference at a steady rate, whatever becomes of the requests before, over connections that are kept. */
export class SteadyLoad {
  readonly answers: LoadAnswer[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #socketPath: string;
  readonly #path: string;
  readonly #body: string;
  readonly #startedAt = performance.now();
  readonly #pending = new Set<Promise<void>>();
  readonly #running: Promise<number>;
  #sent = 0;
  #isStopping = false;

  /** Posts `body` to `path` so often that at any time `perSecond` requests for each second are under way or done. */
  constructor(socketPath: string, path: string, body: unknown, perSecond: number) {
    this.#socketPath = socketPath;
    this.#path = path;
    this.#body = JSON.stringify(body);
    this.#running = this.#run(perSecond);
  }

  /** Ends it, and waits for every answer; resolves to how many requests were sent, and in how many seconds. */
  async stop(): Promise<{ readonly sent: number; readonly seconds: number }> {
    this.#isStopping = true;
    const seconds = await this.#running;
    await Promise.all(this.#pending);
    this.#agent.destroy();
    return { sent: this.#sent, seconds };
  }

  async #run(perSecond: number): Promise<number> {
    for (;;) {
      const seconds = (performance.now() - this.#startedAt) / 1000;
      for (; this.#sent < seconds * perSecond; this.#sent += 1) {
        const pending = this.#send();
        this.#pending.add(pending);
        void pending.then(() => this.#pending.delete(pending));
      }
      if (this.#isStopping) return seconds;
      await sleep(5);
    }
  }

  #send(): Promise<void> {
    return new Promise((resolve) => {
      const done = (status: number, version: string | undefined, body: string): void => {
        this.answers.push({ status, version, body, at: performance.now() });
        resolve();
      };
      const failed = (error: Error): void => {
        done(0, undefined, error.message);
      };
      const { length } = this.#body;
      const headers = { 'content-type': 'application/json', 'content-length': length };
      const to = { socketPath: this.#socketPath, path: this.#path, agent: this.#agent };
      const sent = request({ ...to, method: 'POST', headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('error', failed);
        response.on('end', () => {
          const version = response.headers['fairlead-version'];
          done(response.statusCode ?? 0, version?.toString(), body);
        });
      });
      sent.on('error', failed);
      sent.end(this.#body);
    });
  }
}

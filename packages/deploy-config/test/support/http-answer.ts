import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';

/** One answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Sends one request, over a separate connection unless an agent is given. */
export async function send(options: RequestOptions, body?: Buffer): Promise<HttpAnswer> {
  const call = request({ agent: false, ...options });
  // A server may answer and close before it has read all of a body it refuses.
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    call.once('response', resolve);
    call.once('error', reject);
  });
  call.end(body);
  const message = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: Buffer.concat(chunks),
  };
}

/** Sends bytes as they are and returns everything that comes back. */
export async function sendRaw(socketPath: string, text: string): Promise<string> {
  const socket = connect(socketPath);
  socket.end(text);
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  await once(socket, 'close');
  return answer;
}

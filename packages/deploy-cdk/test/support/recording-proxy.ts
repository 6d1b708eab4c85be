import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request to AWS, as IAM sees it. */
export interface RecordedRequest {
  readonly action: string;
  readonly resource: string;
}

/** Server in front of another that records what is requested of S3 and SQS. */
export interface RecordingProxy {
  readonly endpoint: string;
  readonly requests: readonly RecordedRequest[];
  stop(): void;
}

/** Starts a proxy in front of the server at `port` of this machine; `queueArn` is the ARN of every queue there. */
export async function startRecordingProxy(port: number, queueArn: string): Promise<RecordingProxy> {
  const requests: RecordedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const target = headers['x-amz-target'];
    requests.push(
      typeof target === 'string'
        ? { action: target.replace('AmazonSQS.', 'sqs:'), resource: queueArn }
        : s3Request(method, new URL(url, 'http://localhost')),
    );
    const forwarded = request({ port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => {
      outgoing.destroy();
    });
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const actions: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  // Uploads in parts.
  POST: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
function s3Request(method: string, { pathname, searchParams }: URL): RecordedRequest {
  const [, bucket = '', ...rest] = decodeURIComponent(pathname).split('/');
  const key = rest.join('/');
  if (key === '') {
    const isList = method === 'HEAD' || searchParams.has('list-type');
    const ofUploads = searchParams.has('uploads')
      ? 's3:ListBucketMultipartUploads'
      : `${method} of a bucket`;
    return { action: isList ? 's3:ListBucket' : ofUploads, resource: `arn:aws:s3:::${bucket}` };
  }
  const resource = `arn:aws:s3:::${bucket}/${key}`;
  if (!searchParams.has('uploadId')) return { action: actions[method] ?? method, resource };
  if (method === 'DELETE') return { action: 's3:AbortMultipartUpload', resource };
  if (method === 'GET') return { action: 's3:ListMultipartUploadParts', resource };
  return { action: 's3:PutObject', resource };
}

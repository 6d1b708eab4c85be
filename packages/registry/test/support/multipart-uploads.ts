/** An answer of moto. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** HTTP methods that complete and abort an upload. */
const ends: ReadonlySet<string> = new Set(['POST', 'DELETE']);

/**
 * Says of uploads in parts what S3 would say.
 *
 * moto reports that each began in 2010, so that a sweep would abort running uploads, and it breaks down
 * (500) over parts of an upload that was aborted.
 */
export class MultipartUploads {
  readonly #began = new Map<string, Date>();

  /** Corrects moto's `answer` to that of S3. */
  correct(method: string, url: string, answer: Answer): Answer {
    const query = new URL(url, 'http://s3').searchParams;
    const uploadId = query.get('uploadId');
    const text = (): string => answer.body.toString();
    if (method === 'POST' && query.has('uploads')) {
      const [, begun] = /<UploadId>([^<]+)</.exec(text()) ?? [];
      if (begun !== undefined) this.#began.set(begun, new Date());
    } else if (method === 'GET' && query.has('uploads')) {
      return withBody(answer, answer.status, this.#dated(text()));
    } else if (uploadId !== null && answer.status < 300 && ends.has(method)) {
      this.#began.delete(uploadId);
    } else if (uploadId !== null && answer.status === 500 && !this.#began.has(uploadId)) {
      return withBody(answer, 404, '<Error><Code>NoSuchUpload</Code></Error>');
    }
    return answer;
  }

  #dated(list: string): string {
    return list.replace(/<Upload>.*?<\/Upload>/gs, (upload) => {
      const [, id = ''] = /<UploadId>([^<]+)</.exec(upload) ?? [];
      const began = this.#began.get(id);
      if (began === undefined) return upload;
      return upload.replace(/<Initiated>[^<]*</, `<Initiated>${began.toISOString()}<`);
    });
  }
}

function withBody({ headers }: Answer, status: number, text: string): Answer {
  const body = Buffer.from(text);
  const type = { 'content-type': 'application/xml', 'content-length': String(body.length) };
  return { status, headers: { ...headers, ...type }, body };
}

import type { Codec, CodecFunctions, CodecName } from './codec.ts';

/** The codec for one request; its client is looked up only when something runs in another thread. */
export class ClientCodec implements Codec {
  readonly #codec: Codec;
  readonly #client: () => string | undefined;

  constructor(codec: Codec, client: () => string | undefined) {
    this.#codec = codec;
    this.#client = client;
  }

  run<N extends CodecName>(
    name: N,
    ...args: Parameters<CodecFunctions[N]>
  ): Promise<ReturnType<CodecFunctions[N]>> {
    const client = this.#client();
    const codec = client === undefined ? undefined : this.#codec.forClient?.(client);
    return (codec ?? this.#codec).run(name, ...args);
  }
}

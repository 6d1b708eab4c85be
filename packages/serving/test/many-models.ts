import type { ModelArtifacts, ModelSource } from '@fairlead/serving';
import type { MemorySource } from './memory-source.ts';

/** A source of several models, each with a separate source; models can be added and removed. */
export class ManyModels implements ModelSource {
  readonly sources: Map<string, MemorySource>;

  constructor(sources: Readonly<Record<string, MemorySource>>) {
    this.sources = new Map(Object.entries(sources));
  }

  list(): Promise<readonly { model: string }[]> {
    return Promise.resolve([...this.sources.keys()].map((model) => ({ model })));
  }

  async resolve(model: string, alias: string): Promise<{ version: number }> {
    return this.#of(model).resolve(model, alias);
  }

  async openVersion(model: string, version: number): Promise<ModelArtifacts> {
    return this.#of(model).openVersion(model, version);
  }

  follow(
    model: string,
    alias: string,
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<{ version: number }> {
    return this.#of(model).follow(model, alias, options);
  }

  #of(model: string): MemorySource {
    const source = this.sources.get(model);
    if (source === undefined) throw new Error(`no model "${model}"`);
    return source;
  }
}

import { HostError } from './host-error.ts';
import type { HostedSession } from './hosted-session.ts';
import type { OnnxHost } from './onnx-host.ts';
import type { OnnxHosts } from './onnx-hosts.ts';
import type { ModelFile } from './session-model.ts';
import type { ModelFacts } from './worker-message.ts';

/** Options of a {@link SessionLoader}. */
export interface SessionLoaderOptions {
  /** Name and version of the model. */
  readonly title: string;
  /** Reads the model again for each worker, because its buffer is moved there. */
  readonly readModel: () => Promise<ModelFile>;
  readonly hosts: OnnxHosts;
  /**
   * True if its workers have the lowest priority.
   * @defaultValue `false`
   */
  readonly isBackground?: boolean | undefined;
}

/** Loads one version into workers, and measures what that takes. */
export class SessionLoader {
  readonly #options: SessionLoaderOptions;
  /** Size of the model's files, in bytes. */
  fileBytes = 0;
  /** Memory that the last load took, in bytes, estimated. */
  residentBytes = 0;
  /** Milliseconds of processor time that the last load took in its worker. */
  cpuMs = Infinity;
  /** Analysis of the model's file, after the first load. */
  facts: ModelFacts = { crashRisk: undefined, rowAnalysis: undefined };

  constructor(options: SessionLoaderOptions) {
    this.#options = options;
  }

  /**
   * Loads the model into the worker that `choose` names; into a new process when it can end the one that it runs in.
   *
   * @throws HostError when the model can't be loaded.
   */
  async load(
    choose: () => OnnxHost,
    { intraOpThreads, timeoutMs }: { readonly intraOpThreads: number; readonly timeoutMs: number },
  ): Promise<HostedSession> {
    const { readModel, hosts, title, isBackground } = this.#options;
    const model = await readModel();
    // Not before the model is there: a shared worker without sessions may be ended.
    const host = choose();
    try {
      const { externalData, bytes } = model;
      this.fileBytes = externalData.reduce((sum, { data }) => sum + data.length, bytes.length);
      const [session, grown] = await host.load(
        { ...model, intraOpThreads },
        {
          timeoutMs,
          meter: hosts.meter,
          onHang: () => {
            hosts.markHung(title);
          },
        },
      );
      // The file's bytes are the minimum; less is measured where memory of others is used again.
      this.residentBytes = Math.max(grown, this.fileBytes);
      this.cpuMs = session.cost.cpuMs;
      const { crashRisk, rowAnalysis = this.facts.rowAnalysis } = session.facts;
      this.facts = { crashRisk, rowAnalysis };
      return session;
    } catch (error) {
      await hosts.giveBack(host);
      if (error instanceof HostError && error.crashRisk !== undefined) {
        hosts.isolate(title);
        return this.load(() => hosts.empty(title, isBackground), { intraOpThreads, timeoutMs });
      }
      throw error;
    }
  }
}

import type { Tensor } from '@fairlead/signature';
import {
  ServingError,
  type Execution,
  type ModelArtifacts,
  type ModelSource,
  type Runtime,
  type RuntimeFactory,
  type ServingErrorCode,
} from '@fairlead/serving';
import type { MemorySource } from '../memory-source.ts';

/** Behavior of a runtime from now on. */
export interface Script {
  /** Error code of executions; undefined lets them answer. */
  fault?: ServingErrorCode | 'not-ours' | undefined;
  /** Of which inputs the fault comes; without, of all that is executed. */
  readonly faultOf?: (input: Tensor) => boolean;
  /** Executions wait until this settles, before they fail or answer. */
  until?: Promise<unknown> | undefined;
  /** Reason why it is unhealthy. */
  unhealthy?: string | undefined;
  /** False if versions can not be loaded. */
  unloadable?: boolean;
  executions?: number;
  /** Added to the output for x. */
  errorOf?: (x: number) => number;
  /** @defaultValue 4 */
  readonly concurrency?: number;
}

/** Runs y = 2 x + 100 (version − 1), one request at a time; `scripts` says by model, or by `model@version`, how. */
export function scriptedRuntime(scripts: Readonly<Record<string, Script>>): RuntimeFactory {
  return {
    load({ manifest }: ModelArtifacts): Promise<Runtime> {
      const { model, version } = manifest;
      const script = scripts[`${model}@${version}`] ?? scripts[model] ?? {};
      if (script.unloadable === true) return Promise.reject(new Error('it is broken'));
      return Promise.resolve({
        platform: 'scripted',
        concurrency: script.concurrency ?? 4,
        async execute(inputs: readonly Tensor[]): Promise<Execution> {
          script.executions = (script.executions ?? 0) + 1;
          await (script.until ?? new Promise((resolve) => setImmediate(resolve)));
          const isHit = script.faultOf === undefined || inputs.some(script.faultOf);
          const fault = isHit ? script.fault : undefined;
          if (fault === 'not-ours') throw new TypeError('a bug');
          if (fault !== undefined) throw new ServingError(fault, `scripted fault: ${fault}`);
          const outputs = inputs.map(({ shape, data }): Tensor => {
            const values = Float32Array.from(
              data as Float32Array,
              (x) => 2 * x + 100 * (version - 1) + (script.errorOf?.(x) ?? 0),
            );
            return { name: 'y', datatype: 'FP32', shape, data: values };
          });
          return { outputs, computeDurationMs: 1 };
        },
        unhealthy: () => Promise.resolve(script.unhealthy),
        close: () => Promise.resolve(),
      });
    },
  };
}

/** Several models, each with separate versions and an alias. */
export function modelsOf(sources: Readonly<Record<string, MemorySource>>): ModelSource {
  const of = (model: string): MemorySource => {
    const source = sources[model];
    if (source === undefined) throw new Error(`no model "${model}"`);
    return source;
  };
  return {
    resolve: (model, alias) => of(model).resolve(model, alias),
    openVersion: (model, version) => of(model).openVersion(model, version),
    follow: (model, alias, options) => of(model).follow(model, alias, options),
  };
}

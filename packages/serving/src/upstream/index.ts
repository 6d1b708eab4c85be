export { upstreamRuntime } from './upstream-runtime.ts';
export type {
  UpstreamOptions,
  UpstreamRuntime,
  UpstreamRuntimeOptions,
} from './upstream-runtime.ts';

export { upstreamRuntime } from './upstream-runtime.ts';
export type { UpstreamOptions, UpstreamRuntime } from './upstream-runtime.ts';

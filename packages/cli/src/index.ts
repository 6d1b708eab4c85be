export { exitCodes, type ExitCode } from './exit-code.ts';
export { runCli } from './run-cli.ts';
export type { OutputStream, ProcessIo } from './process-io.ts';

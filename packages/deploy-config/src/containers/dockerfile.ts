/**
 * One instruction of a Dockerfile. Arguments of programs are always in the exec form: no shell is between the container and its program, which
 * therefore gets the signals.
 */
export type Instruction =
  | { readonly from: string; readonly as?: string }
  | { readonly workdir: string }
  | { readonly env: Readonly<Record<string, string>> }
  | {
      readonly copy: readonly [string, ...string[]];
      readonly to: string;
      /** Stage that the files come from. @defaultValue the build context */
      readonly stage?: string;
    }
  | { readonly run: readonly (readonly [string, ...string[]])[] }
  | { readonly user: number }
  | { readonly volume: readonly string[] }
  | { readonly expose: readonly number[] }
  | { readonly stopsignal: string }
  | { readonly healthcheck: HealthCheck }
  | { readonly entrypoint: readonly string[] }
  | { readonly cmd: readonly [string, ...string[]] }
  | { readonly comment: string };

/** Health check of a container; times in milliseconds. */
export interface HealthCheck {
  /** Program and arguments; status 0 is healthy. */
  readonly command: readonly [string, ...string[]];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Time in which failures don't count. */
  readonly startPeriodMs: number;
  /** Consecutive failures until the container is unhealthy. */
  readonly retries: number;
}

/** Writes a Dockerfile. Every value is in an exec form or quoted, and no variable is expanded. */
export function serializeDockerfile(instructions: readonly Instruction[]): string {
  return `${instructions.map(serialize).join('\n')}\n`;
}

function serialize(instruction: Instruction): string {
  if ('from' in instruction) {
    const stage = instruction.as === undefined ? '' : ` AS ${instruction.as}`;
    return `\nFROM ${instruction.from}${stage}`;
  }
  if ('comment' in instruction) return `# ${instruction.comment}`;
  if ('workdir' in instruction) return `WORKDIR ${literal(instruction.workdir)}`;
  if ('env' in instruction) {
    const pairs = Object.entries(instruction.env).map(
      ([name, value]) => `${name}=${quoted(value)}`,
    );
    return `ENV ${pairs.join(' \\\n    ')}`;
  }
  if ('copy' in instruction) {
    const stage = instruction.stage === undefined ? '' : `--from=${instruction.stage} `;
    return `COPY ${stage}${exec([...instruction.copy, instruction.to].map(literal))}`;
  }
  if ('run' in instruction) return `RUN ${instruction.run.map(shell).join(' \\\n && ')}`;
  if ('healthcheck' in instruction) return healthCheck(instruction.healthcheck);
  if ('user' in instruction) return `USER ${instruction.user}:${instruction.user}`;
  if ('volume' in instruction) return `VOLUME ${exec(instruction.volume.map(literal))}`;
  if ('expose' in instruction) return `EXPOSE ${instruction.expose.join(' ')}`;
  if ('stopsignal' in instruction) return `STOPSIGNAL ${instruction.stopsignal}`;
  if ('entrypoint' in instruction) return `ENTRYPOINT ${exec(instruction.entrypoint)}`;
  return `CMD ${exec(instruction.cmd)}`;
}

function healthCheck({ command, ...times }: HealthCheck): string {
  const options = [
    `--interval=${seconds(times.intervalMs)}`,
    `--timeout=${seconds(times.timeoutMs)}`,
    `--start-period=${seconds(times.startPeriodMs)}`,
    `--retries=${times.retries}`,
  ];
  return `HEALTHCHECK ${options.join(' ')} \\\n    CMD ${exec(command)}`;
}

/** Formats a duration in whole seconds, as Dockerfiles and Compose files have it. */
export function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)}s`;
}

/** Programs in the exec form are JSON; Docker expands no variables in CMD, ENTRYPOINT and HEALTHCHECK. */
function exec(args: readonly string[]): string {
  return `[${args.map((argument) => JSON.stringify(argument)).join(', ')}]`;
}

/** Docker expands variables in the arguments of WORKDIR, COPY and VOLUME. */
function literal(text: string): string {
  return text.replaceAll(/[\\$]/g, '\\$&');
}

/** A value of ENV, in which Docker expands variables. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"$]/g, '\\$&')}"`;
}

/** A command of the shell; words without special characters stay as they are. */
function shell(args: readonly string[]): string {
  return args
    .map((word) =>
      /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`,
    )
    .join(' ');
}

import { oneLine, shortWords } from '../../output/plain-text.ts';

/** Result of one check of `fairlead doctor`. */
export type Finding = {
  /** Subject of the check, such as `Node.js`. */
  readonly check: string;
  /** One sentence. */
  readonly found: string;
} & (
  | { readonly state: 'ok' }
  | {
      /** `problem`: something that was set up doesn't work; `warning`: something optional is missing. */
      readonly state: 'warning' | 'problem';
      /** Command that corrects it, or what to do. */
      readonly fix: string;
    }
);

/** Returns the first line of an error's message, without control characters. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return shortWords(oneLine(line));
}

import { matchesGlob } from 'node:path';

import { exceptions } from './exceptions.ts';
import { words } from './word-list.ts';

/** A place where a listed word stands. */
export interface FoundWord {
  readonly word: string;
  readonly instead: string;
  /** 0 for the name of the file. */
  readonly line: number;
  readonly text: string;
}

interface Rule {
  readonly word: string;
  readonly instead: string;
  readonly regExp: RegExp;
}

const rules: readonly Rule[] = words.map(({ word, pattern, instead }) => ({
  word,
  instead,
  regExp: new RegExp(`(?<![\\p{L}\\d])(?:${pattern.replaceAll(' ', '\\s+')})(?![\\p{L}\\d])`, 'gu'),
}));

/** The first words of a comment that promise a clause instead of a subject. */
const OPENING =
  /(?:\/\*\*\s*(?:\n\s*\*\s*)?|(?<!\/\/[^\n]*\n\s*)\/\/ ?)(What|Whether|Who|Told)(?![\p{L}])/gu;
const openingRule = {
  word: 'comment begins with What, Whether, Who or Told',
  instead: 'a noun or a verb: "Result of …", "Returns whether …", "Called for …"',
};

/** Finds the listed words in a file's name and text: in prose, strings and names. */
export function findWords(file: string, text: string): readonly FoundWord[] {
  const lines = text.split('\n');
  const found: FoundWord[] = [];
  const add = (rule: Omit<Rule, 'regExp'>, line: number): void => {
    const at = line === 0 ? file : (lines[line - 1] ?? '').trim();
    found.push({ word: rule.word, instead: rule.instead, line, text: at });
  };
  const name = splitNames(file);
  const prose = splitNames(joinComments(removeExceptions(file, text)));
  for (const rule of rules) {
    if (rule.regExp.test(name)) add(rule, 0);
    rule.regExp.lastIndex = 0;
    for (const { index } of prose.matchAll(rule.regExp)) add(rule, lineAt(prose, index));
  }
  if (/\.m?[jt]s$/.test(file)) {
    for (const { index, 0: opening } of text.matchAll(OPENING)) {
      add(openingRule, lineAt(text, index + opening.length));
    }
  }
  return found;
}

/** Removes the names that are right in this file; the line breaks stay. */
function removeExceptions(file: string, text: string): string {
  const names = exceptions.flatMap((each) => (matchesGlob(file, each.files) ? each.names : []));
  if (names.length === 0) return text;
  return text.replaceAll(
    new RegExp(`(?<![\\p{L}\\d_])(?:${names.join('|')})(?![\\p{L}\\d_])`, 'gu'),
    '',
  );
}

/** Splits `versionSeal`, `VERSION_SEAL`, `version-seal` into words in lower case; the line breaks stay. */
function splitNames(text: string): string {
  return text
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' ')
    .replaceAll(/(?<=[A-Za-z])[_'’-](?=[A-Za-z])/g, ' ')
    .toLowerCase();
}

/** Takes away what begins a line of a comment or of a quotation, so that a phrase may run over its end. */
function joinComments(text: string): string {
  return text.replaceAll(/\n[ \t]*(?:\*(?!\/)|\/\/+|#+|>)?[ \t]*/g, '\n');
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

import type { Bins } from '../bins/bins.ts';
import type { DocumentChecks } from './document-checks.ts';

/** Most bins of one feature in a document. */
export const MAX_BINS = 1024;

/** Reads the bins of a feature. */
export function decodeBins(checks: DocumentChecks, value: unknown, path: string): Bins {
  const document = checks.object(value, path);
  const kind = checks.oneOf(document.kind, `${path}.kind`, ['edges', 'values', 'categories']);
  if (kind === 'categories') {
    const categories = checks
      .list(document.categories, `${path}.categories`, MAX_BINS)
      .map((each, index) => checks.text(each, `${path}.categories[${index}]`));
    checks.distinct(categories, `${path}.categories`);
    return { kind, categories };
  }
  const numbers = checks
    .list(document[kind], `${path}.${kind}`, MAX_BINS + 1)
    .map((each, index) => checks.number(each, `${path}.${kind}[${index}]`));
  checks.ascending(numbers, `${path}.${kind}`);
  if (kind === 'values') return { kind, values: numbers };
  if (numbers.length < 2) {
    throw checks.wrong(`${path}.edges`, 'a list of two edges at least', document.edges);
  }
  return { kind, edges: numbers };
}

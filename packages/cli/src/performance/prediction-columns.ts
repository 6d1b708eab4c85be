import type { Datatype, Signature } from '@fairlead/signature';
import type { CapturedColumn } from '@fairlead/capture';
import type { Baseline } from '@fairlead/windows';
import { CliError } from '../cli-error.ts';

/** Predictions of captured requests, as expressions of SQL. */
export type PredictionColumns =
  | {
      readonly kind: 'scores';
      /** Labels of the classes, in the order of their scores; the positive one of a binary classifier. */
      readonly classes: readonly string[];
      readonly scores: readonly string[];
      /** Label of the other class, where a binary classifier has two scores. */
      readonly negative?: string | undefined;
      /** Label that the version predicts, where it has an output for it; otherwise the scores decide. */
      readonly prediction?: string | undefined;
    }
  | { readonly kind: 'class'; readonly prediction: string }
  | { readonly kind: 'number'; readonly prediction: string };

/**
 * Finds the outputs that hold the predictions of a version: `output`, else the scores of its baseline, else its only output, or its only one with floating-point numbers.
 *
 * A single floating-point output without scores in the baseline is a predicted number; with `positive` it is the score of that class.
 *
 * @throws CliError `ERR_CLI_USAGE` if `output` is no captured output, or the version has several
 */
export function predictionColumns(
  signature: Signature,
  columns: readonly CapturedColumn[],
  {
    baseline,
    output,
    positive,
  }: {
    readonly baseline?: Baseline | undefined;
    readonly output?: string | undefined;
    readonly positive?: string | undefined;
  },
): PredictionColumns {
  const outputs = columns.filter(({ side }) => side === 'output');
  const tensors = [...new Set(outputs.map(({ tensor }) => tensor))];
  const scores = baseline?.calibration;
  const numbers = new Set(outputs.flatMap((each) => (isNumber(each.datatype) ? each.tensor : [])));
  const [only, ...others] = numbers.size === 1 ? numbers : tensors;
  const name = output ?? scores?.tensor ?? (others.length === 0 ? only : undefined);
  const found = outputs.filter(({ tensor }) => tensor === name);
  const spec = signature.outputs.find((each) => each.name === name);
  if (name === undefined || found.length === 0 || spec === undefined) {
    const list = tensors.length === 0 ? 'none' : tensors.join(', ');
    throw new CliError(
      'ERR_CLI_USAGE',
      name === undefined
        ? `several outputs may hold the predictions: add --output with one of ${list}`
        : `the output ${JSON.stringify(name)} isn't captured; captured outputs: ${list}`,
    );
  }
  if (scores?.tensor === name) {
    return scoreColumns({
      ...{ positive, prediction: labelOutput(outputs, name) },
      classes: scores.classes.map(({ label }) => label),
      scores: scores.classes.map(({ index }) => elementOf(found, index)),
    });
  }
  const width = found.length > 1 ? found.length : elementsOf(spec.shape, found[0]);
  if (width === 1) {
    const score = elementOf(found, found[0]?.feature ?? 0);
    if (positive !== undefined && isNumber(spec.datatype)) {
      return {
        ...{ kind: 'scores', classes: [positive], scores: [score] },
        prediction: labelOutput(outputs, name),
      };
    }
    const kind = isNumber(spec.datatype) ? 'number' : 'class';
    return { kind, prediction: score };
  }
  const indexes = Array.from({ length: width }, (_, index) => index);
  return scoreColumns({
    ...{ positive, prediction: labelOutput(outputs, name) },
    classes: indexes.map((index) => spec.features?.[index]?.name ?? String(index)),
    scores: indexes.map((index) => elementOf(found, index)),
  });
}

/** Columns of scores; of two classes the positive one, by default the second as in scikit-learn. */
function scoreColumns({
  positive,
  classes,
  scores,
  prediction,
}: {
  readonly positive: string | undefined;
  readonly classes: readonly string[];
  readonly scores: readonly string[];
  readonly prediction: string | undefined;
}): PredictionColumns {
  if (classes.length !== 2) return { kind: 'scores', classes, scores, prediction };
  const index = positive === undefined ? 1 : classes.indexOf(positive);
  if (index < 0) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${JSON.stringify(positive)} is no class; --positive is one of ${classes.join(', ')}`,
    );
  }
  return {
    ...{ kind: 'scores', prediction, negative: classes[1 - index] },
    classes: classes.slice(index, index + 1),
    scores: scores.slice(index, index + 1),
  };
}

/** Output with the predicted label beside that with the scores; undefined unless there is exactly one. */
function labelOutput(outputs: readonly CapturedColumn[], scores: string): string | undefined {
  const others = outputs.filter(
    ({ tensor, depth, feature, datatype }) =>
      tensor !== scores && depth === 0 && feature === null && !isNumber(datatype),
  );
  const [only] = others;
  return only !== undefined && others.length === 1 ? quoteName(only.name) : undefined;
}

function isNumber(datatype: Datatype): boolean {
  return datatype.startsWith('FP');
}

/** Elements in a row of an output. */
function elementsOf(shape: readonly number[], column: CapturedColumn | undefined): number {
  const row = column?.batched === true ? shape.slice(1) : shape;
  const length = row.reduce((product, each) => product * each, 1);
  if (length > 0) return length;
  throw new CliError(
    'ERR_CLI_USAGE',
    `the output has a variable number of elements in a row: [${shape.join(', ')}]`,
  );
}

/** Element of a row: a column, or an element of a list; lists of lists are flattened. */
function elementOf(columns: readonly CapturedColumn[], index: number): string {
  const feature = columns.find((column) => column.feature === index);
  if (feature !== undefined) return quoteName(feature.name);
  const [column] = columns;
  const name = quoteName(column?.name ?? '');
  const depth = column?.depth ?? 0;
  if (depth === 0) return name;
  const flat = Array.from({ length: depth - 1 }).reduce<string>((sql) => `flatten(${sql})`, name);
  return `${flat}[${index + 1}]`;
}

/** Quotes a name in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

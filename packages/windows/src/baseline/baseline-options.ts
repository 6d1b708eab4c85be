import { describeValue, isDatatype, type Signature, type Tensor } from '@fairlead/signature';
import { checkInteger, checkOptions, invalidOption } from '../check-options.ts';

/** Options of {@link createBaseline} and {@link readBaselineCsv}. */
export interface BaselineOptions {
  /** Signature of the version: names and datatypes of the features and outputs. */
  readonly signature: Signature;
  /** Column of the labels; it is no output, and with `scores` the baseline has the calibration of the model. */
  readonly label?: string | undefined;
  /** Output with the scores of a classifier: one for each class, or one for the label `1` or `true`. */
  readonly scores?: string | undefined;
  /**
   * Rows that are counted at most: a random sample of a larger table, the same on every host.
   * @defaultValue 200000
   */
  readonly maxRows?: number | undefined;
  /**
   * Most categories of a feature; further ones count as other.
   * @defaultValue 64
   */
  readonly maxCategories?: number | undefined;
}

/** Runs a model on rows: a tensor for each input, to one for each output. */
export type PredictRows = (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>;

/** Options of {@link readBaselineCsv} and {@link readBaselineRows}. */
export interface BaselineTableOptions extends BaselineOptions {
  /**
   * Runs the model, for the outputs that the table has no columns of; 20,000 rows are counted at most then.
   * @defaultValue none: such outputs are not in the baseline
   */
  readonly predict?: PredictRows | undefined;
}

/** Options with their defaults. */
export interface CheckedBaselineOptions {
  readonly signature: Signature;
  readonly label: string | undefined;
  readonly scores: string | undefined;
  readonly maxRows: number;
  readonly maxCategories: number;
  readonly predict?: PredictRows | undefined;
}

/** @throws WindowsError `ERR_WINDOWS_INVALID_OPTION` */
export function checkTableOptions(
  name: string,
  options: BaselineTableOptions,
): CheckedBaselineOptions {
  const { predict, ...rest } = Object(options) as BaselineTableOptions;
  if (predict !== undefined && typeof predict !== 'function') {
    throw invalidOption(`${name}: predict must be a function, got ${describeValue(predict)}.`);
  }
  return { ...checkBaselineOptions(name, rest), predict };
}

/** @throws WindowsError `ERR_WINDOWS_INVALID_OPTION` */
export function checkBaselineOptions(
  name: string,
  options: BaselineOptions,
): CheckedBaselineOptions {
  checkOptions(name, options, {
    signature: 'required',
    label: 'optional',
    scores: 'optional',
    maxRows: 'optional',
    maxCategories: 'optional',
  });
  const { signature, label, scores, maxRows = 200_000, maxCategories = 64 } = options;
  checkSignature(name, signature);
  checkInteger(`${name}: maxRows`, maxRows, 1, 10_000_000);
  checkInteger(`${name}: maxCategories`, maxCategories, 1, 1024);
  if (scores !== undefined && label === undefined) {
    throw invalidOption(`${name}: scores need the option label, the column of the true classes.`);
  }
  if (scores !== undefined && !signature.outputs.some((output) => output.name === scores)) {
    const names = signature.outputs.map((output) => output.name).join(', ');
    throw invalidOption(
      `${name}: the signature has no output ${JSON.stringify(scores)} for the scores; it has ${names}.`,
    );
  }
  return { signature, label, scores, maxRows, maxCategories };
}

function checkSignature(name: string, signature: Signature): void {
  const { inputs, outputs } = signature as Partial<Signature>;
  const isValid = [inputs, outputs].every(
    (specs) => Array.isArray(specs) && specs.every(({ datatype }) => isDatatype(datatype)),
  );
  if (!isValid) {
    throw invalidOption(
      `${name}: signature must have lists of inputs and outputs with datatypes, as parseSignature returns it.`,
    );
  }
}

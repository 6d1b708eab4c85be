import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Rows that were held out from the training, with the predictions of scikit-learn. */
export interface HeldOut {
  readonly rows: number;
  readonly input: string;
  readonly features: number;
  readonly classes: number;
  readonly labels: readonly number[];
  readonly probabilities: readonly number[];
  readonly trueLabels: readonly number[];
  /** Returns a request for `count` rows from `first` on. */
  readonly request: (first: number, count: number) => { readonly inputs: readonly JsonTensor[] };
}

/** A tensor in the JSON of the Open Inference Protocol. */
export interface JsonTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Reads the held-out rows that the training wrote for a model. */
export function readHeldOut(state: string, model: string): HeldOut {
  const text = readFileSync(join(state, 'training', model, 'heldout.json'), 'utf8');
  const { rows, inputs, outputs, trueLabels } = JSON.parse(text) as {
    readonly rows: number;
    readonly inputs: readonly JsonTensor[];
    readonly outputs: readonly JsonTensor[];
    readonly trueLabels: readonly number[];
  };
  const [input] = inputs;
  const output = (name: string) => outputs.find((each) => each.name === name)?.data ?? [];
  if (input === undefined) throw new Error(`${model} has no held-out rows`);
  const features = input.shape[1] ?? 0;
  const probabilities = output('probabilities');
  return {
    rows,
    input: input.name,
    features,
    classes: probabilities.length / rows,
    labels: output('label'),
    probabilities,
    trueLabels,
    request: (first, count) => ({
      inputs: [
        {
          ...input,
          shape: [count, features],
          data: input.data.slice(first * features, (first + count) * features),
        },
      ],
    }),
  };
}

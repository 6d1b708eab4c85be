import { type Datatype, isDatatype, type Signature, type TensorSpec } from '@fairlead/signature';
import * as z from 'zod';
import { RegistryError } from '../errors/registry-error.ts';
import type { MlModel } from './mlmodel.ts';

const tensors = z.array(
  z.looseObject({
    name: z.string().nullish(),
    type: z.literal('tensor'),
    'tensor-spec': z.looseObject({ dtype: z.string(), shape: z.array(z.int().min(-1)) }),
  }),
);
const columns = z.array(
  z.looseObject({
    name: z.string().nullish(),
    type: z.string(),
    required: z.boolean().nullish(),
  }),
);

/** NumPy's names of the datatypes. */
const numpyTypes: Readonly<Record<string, Datatype>> = {
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  bool: 'BOOL',
  object: 'BYTES',
  str: 'BYTES',
  bytes: 'BYTES',
};

/**
 * Joins the signature of an ONNX file with the one that MLflow has stored.
 *
 * Names, datatypes and shapes are those of the file, because the file is run. Tensor specs of MLflow specify its variable
 * lengths; columns of MLflow name the features of a single input. Outputs with another name, or without one, are ignored.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_SOURCE` where the two contradict each other.
 */
export function joinSignatures(own: Signature, { signature }: MlModel): Signature {
  return {
    inputs: joinSide('inputs', own.inputs, signature?.inputs),
    outputs: joinSide('outputs', own.outputs, signature?.outputs),
  };
}

/**
 * Lists the columns of MLflow's signature that can't be sent as MLflow accepts them: dates, and optional values.
 *
 * `joined` is the signature that `joinSignatures` made.
 */
export function describeColumns(joined: Signature, { signature }: MlModel): readonly string[] {
  const text = signature?.inputs ?? undefined;
  const parsed = columns.safeParse(text === undefined ? undefined : parseText('inputs', text));
  if (!parsed.success) return [];
  return parsed.data.flatMap(({ name, type, required }) => {
    const input = joined.inputs.find(
      (spec) =>
        spec.name === name || spec.features?.some((feature) => feature.name === name) === true,
    );
    if (input === undefined) return [];
    const { datatype } = input;
    const notes: string[] = [];
    if (type === 'datetime') {
      notes.push(
        `column ${show(name)} is a datetime in MLflow and ${datatype} in the ONNX file: dates aren't converted, so send it as ${datatype}`,
      );
    }
    if (required === false) {
      const advice = datatype.startsWith('FP')
        ? 'always send the column, with null (in CSV an empty cell) for what is missing'
        : `${datatype} has no missing values, so always send one`;
      notes.push(`column ${show(name)} is optional in MLflow: ${advice}`);
    }
    return notes;
  });
}

function joinSide(
  side: 'inputs' | 'outputs',
  own: readonly TensorSpec[],
  text: string | null | undefined,
): readonly TensorSpec[] {
  if (text === null || text === undefined) return own;
  const json = parseText(side, text);
  const asTensors = tensors.safeParse(json);
  if (asTensors.success) {
    return asTensors.data.reduce<readonly TensorSpec[]>(
      (specs, { name, 'tensor-spec': logged }) => {
        const [sole] = specs.length === 1 ? specs : [];
        const nameless = (name ?? '') === '';
        const spec = nameless ? sole : specs.find((each) => each.name === name);
        if (spec === undefined) {
          // MLflow names only the outputs of its example: maybe only the labels of a model that also returns probabilities.
          if (side === 'outputs') return specs;
          const names = own.map((each) => show(each.name)).join(', ');
          const problem = nameless
            ? `it has a tensor without a name, and the ONNX file has the inputs ${names}`
            : `the ONNX file has no ${show(name)}; it has ${names}`;
          throw contradiction(side, problem);
        }
        return specs.with(specs.indexOf(spec), joinTensor(side, spec, logged));
      },
      own,
    );
  }
  const asColumns = columns.safeParse(json);
  if (!asColumns.success) throw contradiction(side, asColumns.error.issues[0]?.message ?? '');
  const names = asColumns.data.flatMap(({ name }) => name ?? []);
  // Columns without names, and outputs, whose names MLflow chooses, don't describe the file.
  if (names.length === 0 || side === 'outputs') return own;
  return joinColumns(own, names);
}

function joinTensor(
  side: string,
  spec: TensorSpec,
  { dtype, shape }: { readonly dtype: string; readonly shape: readonly number[] },
): TensorSpec {
  const place = `${show(spec.name)} is ${spec.datatype} [${spec.shape.join(',')}] in the ONNX file`;
  const inMlmodel = `and ${dtype} [${shape.join(',')}] in the MLmodel`;
  const upper = dtype.toUpperCase();
  const datatype = numpyTypes[dtype.replace(/^(str|bytes)\d+$/, '$1')] ?? upper;
  const isNumber = (type: string): boolean => type.startsWith('FP');
  // MLflow casts between floats when it asks the model.
  const agrees = datatype === spec.datatype || (isNumber(datatype) && isNumber(spec.datatype));
  const fits =
    shape.length === spec.shape.length &&
    shape.every(
      (length, at) => length === -1 || spec.shape[at] === -1 || length === spec.shape[at],
    );
  if (!fits || (isDatatype(datatype) && !agrees))
    throw contradiction(side, `${place}, ${inMlmodel}`);
  // The batch dimension stays variable: MLflow records the number of rows of its example.
  const joined = spec.shape.map((length, at) =>
    length === -1 && at > 0 ? (shape[at] ?? -1) : length,
  );
  return { ...spec, shape: joined };
}

function joinColumns(own: readonly TensorSpec[], names: readonly string[]): readonly TensorSpec[] {
  const [sole] = own;
  if (own.length > 1 || sole === undefined) {
    const missing = own.filter(({ name }) => !names.includes(name)).map(({ name }) => show(name));
    if (missing.length === 0) return own;
    throw contradiction('inputs', `the MLmodel has no column ${missing.join(', ')}`);
  }
  const width = sole.shape.at(-1) ?? 1;
  if (sole.shape.length < 2) return own;
  if (width !== -1 && width !== names.length) {
    const problem = `${show(sole.name)} has rows of ${width} elements in the ONNX file, and the MLmodel ${names.length} columns`;
    throw contradiction('inputs', problem);
  }
  const shape = sole.shape.with(-1, names.length);
  return [{ ...sole, shape, features: names.map((name) => ({ name })) }];
}

function parseText(side: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw contradiction(side, cause instanceof Error ? cause.message : String(cause));
  }
}

function contradiction(side: string, problem: string): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_INVALID_SOURCE',
    `the ${side} of the MLmodel's signature can't be used: ${problem}; log the model again, or give a signature`,
  );
}

const show = (name: unknown): string => JSON.stringify(name ?? null).slice(0, 100);

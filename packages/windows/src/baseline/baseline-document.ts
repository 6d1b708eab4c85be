import { datatypes, type Datatype } from '@fairlead/signature';
import { binCount } from '../bins/bins.ts';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import { roundBins } from '../bins/round-bins.ts';
import { decodeBins } from '../document/bins-document.ts';
import { decodeCountList, decodeCounts, encodeCounts } from '../document/counts-document.ts';
import { DocumentChecks, type JsonObject } from '../document/document-checks.ts';
import { roundToDatatype } from '../columns/round-to-datatype.ts';
import { MAX_ROW_WIDTH } from '../columns/watched-column.ts';
import {
  type Baseline,
  BASELINE_FORMAT,
  BASELINE_VERSION,
  type CalibrationBaseline,
} from './baseline.ts';

/** Value of JSON. */
export type BaselineJson =
  | null
  | boolean
  | number
  | string
  | readonly BaselineJson[]
  | { readonly [name: string]: BaselineJson };

/** Baseline as a JSON object, for the manifest of a version. */
export type BaselineDocument = Readonly<Record<string, BaselineJson>>;

/** Largest stored baseline, in bytes. */
const MAX_BASELINE_BYTES = 32 * 1024 * 1024;
/** Most features, and most outputs, of a stored baseline. */
const MAX_FEATURES = 10_000;
const MAX_GROUPS = 4096;

/**
 * Encodes a baseline as JSON, for a file `baseline.json` beside the model.
 *
 * @example
 * ```ts
 * import { createBaseline, encodeBaseline, parseBaseline } from '@fairlead/windows';
 *
 * const signature = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }], outputs: [] } as const;
 * const baseline = createBaseline({ x: [1, 2, 2] }, { signature });
 * console.log(parseBaseline(encodeBaseline(baseline)).features[0]?.counts.counts); // [ 1, 2 ]
 * ```
 */
export function encodeBaseline(baseline: Baseline): string {
  return JSON.stringify(baselineDocument(baseline));
}

/**
 * Returns a baseline as a JSON object, for the manifest of a version.
 *
 * @example
 * ```ts
 * import { baselineDocument } from '@fairlead/windows';
 *
 * const document = baselineDocument({ rows: 0, sampledRows: 0, features: [], outputs: [] });
 * console.log(document.format, document.version); // fairlead-baseline 1
 * ```
 */
export function baselineDocument({ features, outputs, ...rest }: Baseline): BaselineDocument {
  const encode = (feature: FeatureBaseline) => ({
    ...feature,
    counts: encodeCounts(feature.counts),
  });
  const document: object = {
    format: BASELINE_FORMAT,
    version: BASELINE_VERSION,
    ...rest,
    features: features.map(encode),
    outputs: outputs.map(encode),
  };
  // Numbers, texts, lists and objects; interfaces have no index signature.
  return document as BaselineDocument;
}

/**
 * Reads a baseline that {@link encodeBaseline} wrote, or a training script. Unknown members are ignored.
 *
 * @throws WindowsError `ERR_WINDOWS_BASELINE_INVALID` naming the invalid value
 *
 * @example
 * ```ts
 * import { parseBaseline } from '@fairlead/windows';
 *
 * const text = '{"format":"fairlead-baseline","version":1,"rows":3,"features":[]}';
 * console.log(parseBaseline(text).rows); // 3
 * ```
 */
export function parseBaseline(text: string | Uint8Array): Baseline {
  const checks = new DocumentChecks('ERR_WINDOWS_BASELINE_INVALID', 'baseline.json');
  return decode(checks, checks.parse(text, MAX_BASELINE_BYTES));
}

/**
 * Reads a baseline from a JSON object, such as the baseline of a manifest; see {@link parseBaseline}.
 *
 * @throws WindowsError `ERR_WINDOWS_BASELINE_INVALID` naming the invalid value
 *
 * @example
 * ```ts
 * import { decodeBaseline } from '@fairlead/windows';
 *
 * const document = { format: 'fairlead-baseline', version: 1, rows: 3 };
 * console.log(decodeBaseline(document).rows); // 3
 * ```
 */
export function decodeBaseline(value: unknown): Baseline {
  const checks = new DocumentChecks('ERR_WINDOWS_BASELINE_INVALID', 'baseline');
  return decode(checks, checks.object(value, 'the document'));
}

function decode(checks: DocumentChecks, document: JsonObject): Baseline {
  checks.oneOf(document.format, 'format', [BASELINE_FORMAT]);
  checks.integer(document.version, 'version', { min: 1, max: BASELINE_VERSION });
  const rows = checks.integer(document.rows, 'rows');
  const decodeList = (name: 'features' | 'outputs'): readonly FeatureBaseline[] => {
    const features = checks
      .list(document[name], name, MAX_FEATURES)
      .map((feature, index) => decodeFeature(checks, feature, `${name}[${index}]`));
    checks.distinct(
      features.map((feature) => feature.name),
      `the names of ${name}`,
    );
    return features;
  };
  return {
    rows,
    sampledRows: checks.integer(document.sampledRows ?? rows, 'sampledRows', { max: rows }),
    features: decodeList('features'),
    outputs: decodeList('outputs'),
    ...(document.calibration !== undefined && {
      calibration: decodeCalibration(checks, document.calibration),
    }),
  };
}

function decodeFeature(checks: DocumentChecks, value: unknown, path: string): FeatureBaseline {
  const document = checks.object(value, path);
  const datatype = checks.oneOf(
    document.datatype,
    `${path}.datatype`,
    Object.keys(datatypes) as Datatype[],
  );
  // A training script may have computed them from numbers of 64 bits.
  const bins = roundBins(decodeBins(checks, document.bins, `${path}.bins`), (value) =>
    roundToDatatype(value, datatype),
  );
  if (bins.kind === 'edges') checks.ascending(bins.edges, `${path}.bins.edges (as ${datatype})`);
  if (bins.kind === 'values') checks.ascending(bins.values, `${path}.bins.values (as ${datatype})`);
  const counts = checks.object(document.counts, `${path}.counts`);
  const list = decodeCountList(checks, counts.counts, `${path}.counts.counts`, binCount(bins));
  const moment = (name: 'mean' | 'standardDeviation') =>
    document[name] !== undefined && { [name]: checks.number(document[name], `${path}.${name}`) };
  return {
    name: checks.text(document.name, `${path}.name`),
    tensor: checks.text(document.tensor ?? document.name, `${path}.tensor`),
    index: checks.integer(document.index ?? 0, `${path}.index`, { max: MAX_ROW_WIDTH - 1 }),
    datatype,
    ...(document.width !== undefined && {
      width: checks.integer(document.width, `${path}.width`, { max: MAX_ROW_WIDTH }),
    }),
    bins,
    counts: decodeCounts(checks, counts, `${path}.counts`, list),
    ...moment('mean'),
    ...moment('standardDeviation'),
  };
}

function decodeCalibration(checks: DocumentChecks, value: unknown): CalibrationBaseline {
  const document = checks.object(value, 'calibration');
  const classes = checks.list(document.classes, 'calibration.classes', MAX_ROW_WIDTH);
  return {
    tensor: checks.text(document.tensor, 'calibration.tensor'),
    classes: classes.map((each, position) => {
      const path = `calibration.classes[${position}]`;
      const group = checks.object(each, path);
      const scores = checks
        .list(group.scores, `${path}.scores`, MAX_GROUPS)
        .map((score, index) => checks.number(score, `${path}.scores[${index}]`));
      checks.ascending(scores, `${path}.scores`);
      const counts = (name: 'counts' | 'positives'): number[] => {
        const list = checks.list(group[name], `${path}.${name}`, MAX_GROUPS);
        if (list.length !== scores.length) {
          throw checks.wrong(`${path}.${name}`, `a list of ${scores.length} counts`, list);
        }
        return list.map((count, index) => checks.integer(count, `${path}.${name}[${index}]`));
      };
      return {
        label: checks.text(group.label, `${path}.label`),
        index: checks.integer(group.index, `${path}.index`, { max: MAX_ROW_WIDTH - 1 }),
        scores,
        counts: counts('counts'),
        positives: counts('positives'),
      };
    }),
  };
}

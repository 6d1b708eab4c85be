import { seededRandom } from '@fairlead/signature';

/** Deterministic random numbers. */
export interface Random {
  below(limit: number): number;
}

/** Creates the random numbers of a name, the same in each run. */
export function randomOf(name: string): Random {
  const random = seededRandom(name);
  return { below: (limit) => Math.floor(random() * limit) };
}

const words = new Uint32Array(1);
const float = new Float32Array(words.buffer);

/** Any finite number of binary32 beyond the subnormal ones. */
function anyFloat(random: Random): number {
  const exponent = 1 + random.below(254);
  words[0] = (random.below(2) * 2 ** 31 + exponent * 2 ** 23 + random.below(2 ** 23)) >>> 0;
  return float[0] ?? 0;
}

/** The number of binary32 that follows, away from zero. */
function following(value: number): number {
  float[0] = value;
  words[0] = (words[0] ?? 0) + 1;
  return float[0];
}

function digits(random: Random, most: number): string {
  return Array.from({ length: 1 + random.below(most) }, () => random.below(10)).join('');
}

const edges = [
  ...[
    '0',
    '-0',
    '0.0',
    '-0.0e5',
    '0e0',
    '1',
    '-1',
    '1e0',
    '1E+5',
    '1e-5',
    '123456789012345678',
    '0.5',
    '1.5e1',
  ],
  ...[
    '3.4028234663852886e38',
    '3.402823e38',
    '-3.4e+38',
    '1.1754943508222875e-38',
    '1.17549436e-38',
    '16777216',
  ],
  ...['0.1', '0.000000000000000000000000000001', '1e10', '1e22', '1e23', '1.0000000000000000'],
];

/** Texts of numbers in JSON, by kind. */
export const numberTexts: Readonly<Record<string, (random: Random) => string>> = {
  'binary32 as a client writes it': (random) => String(anyFloat(random)),
  'binary32 between 0 and 1': (random) => String(Math.fround(random.below(2 ** 30) / 2 ** 30)),
  'up to 17 significant digits': (random) => {
    const value = (random.below(2 ** 30) - 2 ** 29) / (1 + random.below(1e6));
    return value.toPrecision(1 + random.below(17));
  },
  'whole numbers': (random) => String(random.below(2 ** 24) - 2 ** 23),
  edges: (random) => edges[random.below(edges.length)] ?? '0',
  'near the middle of two numbers of binary32': (random) => {
    const value = anyFloat(random);
    const middle = (value + following(value)) / 2;
    const offset = (random.below(129) - 64) * 2 ** -52 * middle;
    return (middle + offset).toPrecision(17);
  },
  'any digits': (random) => {
    const sign = random.below(2) === 0 ? '-' : '';
    const whole = random.below(2) === 0 ? '0' : `${1 + random.below(9)}${digits(random, 8)}`;
    const fraction = random.below(3) === 0 ? '' : `.${digits(random, 14)}`;
    const power = `${'eE'[random.below(2)] ?? ''}${['', '+', '-'][random.below(3)] ?? ''}${digits(random, 2)}`;
    return sign + whole + fraction + (random.below(2) === 0 ? power : '');
  },
};

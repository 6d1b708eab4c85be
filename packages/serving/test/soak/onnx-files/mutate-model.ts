import type { Random } from '../random.ts';
import { decodeTree, encodeTree, type TreeField } from './message-tree.ts';

const numbers = [
  0n,
  1n,
  2n,
  3n,
  7n,
  127n,
  2n ** 31n,
  2n ** 32n,
  2n ** 32n + 1n,
  2n ** 33n + 1n,
  2n ** 35n + 1n,
  2n ** 63n + 1n,
  2n ** 64n - 1n,
];

/** Texts with an effect where they are inserted; `$` is the folder of the files that must not be read. */
const texts = [
  'package.json',
  './package.json',
  'weights/w.bin',
  'weights/../package.json',
  '$/package.json',
  'package.json\0',
  '*/_ORT_MEM_ADDR_/*',
  'location',
  'offset',
  'length',
  'w',
  'x',
  'y',
  '',
  'Constant',
  'Identity',
  'value',
  'own',
  'com.microsoft',
];

/** Models that are begun with. */
export interface Seeds {
  readonly plain: readonly Buffer[];
  readonly hostile: readonly Buffer[];
}

function pickSeed({ plain, hostile }: Seeds, random: Random): Buffer {
  return random.pick(random.chance(0.6) ? plain : hostile);
}

/** Changes a model in ways that readers of protobuf could understand differently; the random numbers decide it all. */
export function mutateModel(
  seeds: Seeds,
  random: Random,
  folder: string,
): { readonly bytes: Buffer; readonly how: readonly string[] } {
  const model = decodeTree(pickSeed(seeds, random));
  const how: string[] = [];
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0; count -= 1) {
    const donor = decodeTree(pickSeed(seeds, random));
    how.push(changeTree(model, donor, random, folder));
  }
  let bytes = encodeTree(model);
  if (random.chance(0.15)) {
    how.push('flip');
    bytes = flip(bytes, random);
  }
  return { bytes, how };
}

/** Every list of fields in a message, its own first. */
function listsOf(fields: TreeField[]): TreeField[][] {
  return [fields, ...fields.flatMap(({ message }) => (message ? listsOf(message) : []))];
}

function changeTree(
  model: TreeField[],
  donor: TreeField[],
  random: Random,
  folder: string,
): string {
  const lists = listsOf(model).filter((list) => list.length > 0);
  const list = random.pick(lists);
  const index = random.below(list.length);
  const field = list[index];
  if (field === undefined) return 'nothing';
  const changes: Readonly<Record<string, () => void>> = {
    number: () => {
      const all = lists.flat().filter(({ wireType }) => wireType === 0);
      if (all.length > 0) random.pick(all).value = random.pick(numbers);
    },
    'beyond 32 bits': () => {
      const all = lists.flat().filter(({ wireType }) => wireType === 0);
      if (all.length > 0) random.pick(all).value += 2n ** BigInt(32 + random.below(32));
    },
    padding: () => {
      field.padding = 1 + random.below(9);
    },
    'key padding': () => {
      field.keyPadding = 1 + random.below(5);
    },
    twice: () => {
      list.splice(random.below(list.length + 1), 0, structuredCopy(field));
    },
    'twice, changed': () => {
      const copy = structuredCopy(field);
      copy.value = random.pick(numbers);
      if (!copy.message && random.chance(0.5)) copy.bytes = textOf(random, folder);
      list.splice(random.below(list.length + 1), 0, copy);
    },
    split: () => {
      const { message } = field;
      if (message === undefined || message.length < 2) return;
      const second = { ...field, message: message.splice(random.below(message.length)) };
      list.splice(random.below(list.length + 1), 0, second);
    },
    drop: () => {
      list.splice(index, 1);
    },
    swap: () => {
      list.push(...list.splice(index, 1));
    },
    tag: () => {
      field.tag = 1 + random.below(26);
    },
    'wire type': () => {
      field.wireType = random.below(8);
      if (field.wireType === 1 || field.wireType === 5) field.message = undefined;
      if (field.wireType === 1) field.bytes = Buffer.alloc(8, 1);
      if (field.wireType === 5) field.bytes = Buffer.alloc(4, 1);
    },
    text: () => {
      const all = lists.flat().filter(({ wireType, message }) => wireType === 2 && !message);
      if (all.length > 0) random.pick(all).bytes = textOf(random, folder);
    },
    transplant: () => {
      const parts = listsOf(donor)
        .flat()
        .filter(({ message }) => message);
      if (parts.length > 0) list.splice(random.below(list.length + 1), 0, random.pick(parts));
    },
    external: () => {
      const tensors = lists
        .flat()
        .filter(({ tag, message }) => message && [1, 2, 5, 10].includes(tag));
      if (tensors.length === 0) return;
      const tensor = random.pick(tensors).message;
      tensor?.push(externalEntry(textOf(random, folder)), plain(14, 0, random.pick(numbers)));
    },
    'an unknown field': () => {
      const tag = random.pick([17, 27, 30, 31, 32, 1000, 100_000]);
      list.splice(index, 0, plain(tag, random.pick([0, 2]), random.pick(numbers)));
    },
  };
  const name = random.pick(Object.keys(changes));
  changes[name]?.();
  return name;
}

function plain(tag: number, wireType: number, value: bigint): TreeField {
  return { tag, wireType, value, bytes: Buffer.alloc(0), padding: 0, keyPadding: 0 };
}

function externalEntry(location: Buffer): TreeField {
  const text = (tag: number, bytes: Buffer): TreeField => ({ ...plain(tag, 2, 0n), bytes });
  return { ...plain(13, 2, 0n), message: [text(1, Buffer.from('location')), text(2, location)] };
}

function textOf(random: Random, folder: string): Buffer {
  if (random.chance(0.05)) return Buffer.from([0xff, 0xfe]);
  return Buffer.from(random.pick(texts).replace('$', folder));
}

function structuredCopy(field: TreeField): TreeField {
  return { ...field, message: field.message?.map(structuredCopy) };
}

function flip(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = 1 + random.below(4); count > 0 && copy.length > 0; count -= 1) {
    copy[random.below(copy.length)] = random.below(256);
  }
  return random.chance(0.2) ? copy.subarray(0, random.below(copy.length + 1)) : copy;
}

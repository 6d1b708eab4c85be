import { publishedInstances, readInstances, recognizeProcessor } from '@fairlead/sizing';
import { describe, expect, it } from 'vitest';

describe('publishedInstances', () => {
  const { types, processors } = publishedInstances;

  it('has about 30 types of C, M, R and T, of both architectures, each once', () => {
    expect(types.length).toBeGreaterThanOrEqual(30);
    expect(new Set(types.map(({ type }) => type)).size).toBe(types.length);
    expect(new Set(types.map(({ type }) => type[0]))).toEqual(new Set('cmrt'));
    for (const region of ['eu-central-1', 'us-east-1']) {
      const priced = types.filter(({ pricePerHour }) => region in pricePerHour);
      expect(new Set(priced.map((each) => each.architecture)).size).toBe(2);
    }
  });

  it('prices grow with the size of a family, as those of EC2 do: by vCPU within 1 %', () => {
    for (const type of types) {
      const [family = ''] = type.type.split('.');
      const largest = types.filter((each) => each.type.startsWith(`${family}.`)).at(-1);
      if (type.baseline !== undefined || largest === undefined) continue;
      for (const [region, price] of Object.entries(type.pricePerHour)) {
        const perVcpu = (largest.pricePerHour[region] ?? NaN) / largest.vcpus;
        expect(Math.abs(price / type.vcpus / perVcpu - 1)).toBeLessThan(0.01);
      }
      expect(type.memoryBytes / type.vcpus).toBe(largest.memoryBytes / largest.vcpus);
    }
  });

  it('every type has a processor, and only T types a baseline', () => {
    for (const { type, processor, architecture, baseline } of types) {
      expect(processors.find(({ name }) => name === processor)?.architecture).toBe(architecture);
      expect(baseline !== undefined).toBe(type.startsWith('t'));
    }
  });
});

describe('readInstances', () => {
  it('reads what was written', () => {
    expect(readInstances(JSON.stringify(publishedInstances))).toEqual(publishedInstances);
  });

  const [type] = publishedInstances.types;
  it.each([
    ['{', 'the file is not JSON'],
    ['[]', 'the file is an array, expected an object'],
    [{ format: 2 }, 'format is 2, expected 1'],
    [{ types: [] }, 'types is empty'],
    [{ types: {} }, 'types is object, expected an array'],
    [{ types: [{ ...type, vcpus: '2' }] }, 'types[0].vcpus is "2", expected a number above 0'],
    [{ types: [{ ...type, processor: 'z80' }] }, 'types[0].processor is "z80"'],
    [
      { types: [{ ...type, pricePerHour: { here: 0 } }] },
      'types[0].pricePerHour["here"] is 0, expected a number above 0',
    ],
    [
      { processors: [{ ...publishedInstances.processors[0], architecture: 'mips' }] },
      'processors[0].architecture is "mips", expected "arm64" or "x86_64"',
    ],
  ])('rejects %j', (given, message) => {
    const text =
      typeof given === 'string' ? given : JSON.stringify({ ...publishedInstances, ...given });
    expect(() => readInstances(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_SIZING_INSTANCES_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

describe('recognizeProcessor', () => {
  it.each([
    [
      'vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n',
      'zen4',
    ],
    ['vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 106\n', 'ice-lake'],
    ['CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n', 'graviton2'],
    ['CPU implementer\t: 0x61\nCPU part\t: 0x022\n', undefined],
    ['vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 1\n', undefined],
    ['', undefined],
  ])('%j is %s', (cpuinfo, expected) => {
    expect(recognizeProcessor(cpuinfo)).toBe(expected);
  });
});

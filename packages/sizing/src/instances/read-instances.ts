import { describeValue } from '@fairlead/signature';
import { JsonFields } from '../json-fields.ts';
import type { Architecture, InstanceData, InstanceType, Processor } from './instance-type.ts';

const json = new JsonFields(
  'ERR_SIZING_INSTANCES_INVALID',
  'Instance data',
  'Write the file again with "fairlead size --refresh".',
);

/**
 * Reads instance data from the JSON text of a file, as `fairlead size --refresh` writes it.
 *
 * @throws SizingError `ERR_SIZING_INSTANCES_INVALID` naming the field, its value and what was expected
 *
 * @example
 * ```ts
 * import { publishedInstances, readInstances } from '@fairlead/sizing';
 *
 * const { types } = readInstances(JSON.stringify(publishedInstances));
 * console.log(types.length === publishedInstances.types.length); // true
 * ```
 */
export function readInstances(content: string): InstanceData {
  const data = json.parse(content);
  if (data.format !== 1) throw json.invalid(`format is ${describeValue(data.format)}, expected 1`);
  const processors = json.list(data.processors, 'processors').map(readProcessor);
  const names = new Map(processors.map((each) => [each.name, each.architecture]));
  const types = json.list(data.types, 'types').map((each, index) => readType(each, index, names));
  if (types.length === 0) throw json.invalid('types is empty');
  return {
    format: 1,
    priceDates: readDates(data.priceDates),
    sources: json
      .list(data.sources, 'sources')
      .map((each, index) => json.text(each, `sources[${index}]`)),
    processors,
    types,
  };
}

function readDates(value: unknown): Readonly<Record<string, string>> {
  const dates = Object.entries(json.record(value, 'priceDates'));
  return Object.fromEntries(
    dates.map(([region, date]) => [region, json.text(date, `priceDates.${region}`)]),
  );
}

function readProcessor(value: unknown, index: number): Processor {
  const name = `processors[${index}]`;
  const fields = json.record(value, name);
  return {
    name: json.text(fields.name, `${name}.name`),
    architecture: readArchitecture(fields.architecture, `${name}.architecture`),
    speed: json.number(fields.speed, `${name}.speed`),
    source: json.text(fields.source, `${name}.source`),
  };
}

function readType(
  value: unknown,
  index: number,
  processors: ReadonlyMap<string, Architecture>,
): InstanceType {
  const name = `types[${index}]`;
  const fields = json.record(value, name);
  const processor = json.text(fields.processor, `${name}.processor`);
  const architecture = processors.get(processor);
  if (architecture === undefined) {
    throw json.invalid(`${name}.processor is ${JSON.stringify(processor)}, which processors lacks`);
  }
  const prices = json.record(fields.pricePerHour, `${name}.pricePerHour`);
  const { baseline } = fields;
  return {
    type: json.text(fields.type, `${name}.type`),
    processor,
    architecture,
    vcpus: json.number(fields.vcpus, `${name}.vcpus`),
    memoryBytes: json.number(fields.memoryBytes, `${name}.memoryBytes`),
    ...(baseline !== undefined && { baseline: json.number(baseline, `${name}.baseline`) }),
    pricePerHour: Object.fromEntries(
      Object.entries(prices).map(([region, price]) => [
        region,
        json.number(price, `${name}.pricePerHour[${JSON.stringify(region)}]`),
      ]),
    ),
  };
}

function readArchitecture(value: unknown, name: string): Architecture {
  if (value === 'arm64' || value === 'x86_64') return value;
  throw json.invalid(`${name} is ${describeValue(value)}, expected "arm64" or "x86_64"`);
}

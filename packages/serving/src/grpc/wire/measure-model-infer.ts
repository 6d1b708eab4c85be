import { ServingError } from '../../errors/serving-error.ts';
import { contentFields } from './content-fields.ts';
import { countVarints, WireReader, wireTypes } from './wire-reader.ts';

/** Bounds of one message of inference; they count what a decoder would make, not bytes. */
export interface MessageLimits {
  /** Elements of all typed contents together. */
  readonly maxElements: number;
  /** Fields of the message and of the messages inside; each element of `BYTES` is one. */
  readonly maxFields: number;
}

/** Which model a message of inference is for. */
export interface MessageTarget {
  readonly modelName: string;
  /** Empty for the version that the alias points to. */
  readonly modelVersion: string;
}

const MAX_TOP_FIELDS = 16_384;
const INPUTS = 5;
const CONTENTS = 5;

/**
 * Reads which model a message of inference is for without reading anything else of it, so that authorization comes before
 * decoding. Of several names the last one counts, as protocol buffers have it.
 *
 * Field numbers are those of `ModelInferRequest` in `proto/open-inference.proto`.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE` for more than 16,384 fields, `ERR_SERVING_BAD_REQUEST` for what is no
 * message.
 */
export function readMessageTarget(bytes: Uint8Array): MessageTarget {
  let modelName = '';
  let modelVersion = '';
  let fields = 0;
  const message = new WireReader(bytes);
  while (message.next()) {
    fields += 1;
    if (fields > MAX_TOP_FIELDS) throw tooMuch(`more than ${MAX_TOP_FIELDS} fields`);
    if (message.is(1, wireTypes.bytes)) modelName = nameOf(message);
    else if (message.is(2, wireTypes.bytes)) modelVersion = nameOf(message);
  }
  return { modelName, modelVersion };
}

/** A longer name is rejected by its length, and needn't be read. */
const MAX_NAME_BYTES = 4096;

function nameOf(message: WireReader): string {
  if (message.end - message.start <= MAX_NAME_BYTES) return message.text();
  return Buffer.from(message.bytes().subarray(0, MAX_NAME_BYTES)).toString('latin1');
}

/**
 * Counts what is in a message of inference without decoding it: 16 MiB can hold 16 million elements, which a decoder
 * would make into gigabytes. Returns the number of elements that are varints, which take longest to decode.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE` naming the limit, `ERR_SERVING_BAD_REQUEST` for what is no message.
 */
export function measureModelInfer(bytes: Uint8Array, limits: MessageLimits): number {
  const counts = new Counts(limits);
  const message = new WireReader(bytes);
  while (message.next()) {
    counts.addField();
    if (message.is(INPUTS, wireTypes.bytes)) measureInput(bytes, message.message(), counts);
    // Parameters and requested outputs are small messages of a few fields each.
    else if (message.is(4, wireTypes.bytes) || message.is(6, wireTypes.bytes))
      counts.addFields(message.message());
  }
  return counts.varints;
}

function measureInput(bytes: Uint8Array, input: WireReader, counts: Counts): void {
  while (input.next()) {
    counts.addField();
    if (input.is(CONTENTS, wireTypes.bytes)) measureContents(bytes, input.message(), counts);
    else if (input.field === 3 && input.type === wireTypes.bytes) {
      // A shape has few dimensions: each is as much as a field.
      counts.addField(input.end - input.start);
    } else if (input.is(4, wireTypes.bytes)) counts.addFields(input.message());
  }
}

function measureContents(bytes: Uint8Array, contents: WireReader, counts: Counts): void {
  while (contents.next()) {
    const { field, type, start, end } = contents;
    counts.addField();
    const known = contentFields[field];
    if (known === undefined || known.elementBytes === null) continue;
    if (type !== wireTypes.bytes) counts.addElements(1, 0);
    else if (known.elementBytes > 0)
      counts.addElements(Math.floor((end - start) / known.elementBytes), 0);
    else {
      const count = countVarints(bytes, start, end, counts.maxElements);
      counts.addElements(count, count);
    }
  }
}

class Counts {
  readonly #limits: MessageLimits;
  #fields = 0;
  #elements = 0;
  varints = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  get maxElements(): number {
    return this.#limits.maxElements;
  }

  addField(count = 1): void {
    this.#fields += count;
    const { maxFields } = this.#limits;
    if (this.#fields <= maxFields) return;
    throw tooMuch(`more than ${maxFields} fields, strings and dimensions`);
  }

  /** Counts the fields of a message and, as deep as parameters nest, of those inside. */
  addFields(message: WireReader, depth = 2): void {
    while (message.next()) {
      this.addField();
      if (depth > 0 && message.type === wireTypes.bytes && message.field === 2)
        this.addFields(message.message(), depth - 1);
    }
  }

  addElements(count: number, varints: number): void {
    this.#elements += count;
    this.varints += varints;
    const { maxElements } = this.#limits;
    if (this.#elements <= maxElements) return;
    throw tooMuch(`more than ${maxElements} elements in typed contents`);
  }
}

function tooMuch(what: string): ServingError {
  const message = `the message has ${what}; send fewer rows in one call, or raw_input_contents`;
  return new ServingError('ERR_SERVING_BODY_TOO_LARGE', message);
}

/** The path of a prediction over gRPC. */
export const grpcPath = '/inference.GRPCInferenceService/ModelInfer';

/** A tensor with typed contents. */
interface TypedInput {
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Number of the field of its elements; 0 for contents that are fields already. */
  readonly field: number;
  readonly contents: Buffer;
}

/** The bytes of `ModelInferRequest` for the model "m" with one input "x". */
export function inferMessage({ datatype, shape, field: number, contents }: TypedInput): Buffer {
  const dimensions = field(3, Buffer.concat(shape.map(varint)));
  const elements = field(5, number === 0 ? contents : field(number, contents));
  return Buffer.concat([
    field(1, 'm'),
    field(5, Buffer.concat([field(1, 'x'), field(2, datatype), dimensions, elements])),
  ]);
}

/** A message behind the five bytes that gRPC puts in front. */
export function frame(message: Buffer, isCompressed: boolean): Buffer {
  const head = Buffer.alloc(5);
  head[0] = isCompressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function field(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

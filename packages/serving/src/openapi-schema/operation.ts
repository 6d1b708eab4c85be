import type { Signature, Tensor } from '@fairlead/signature';
import type { JsonSchema } from './tensor-schema.ts';

/** A loaded version as a description of an API needs it. */
export interface DescribedModel {
  readonly name: string;
  readonly version: string;
  readonly signature: Signature;
  /** Inputs that it takes; undefined when they would be too long to be shown. */
  readonly example: readonly Tensor[] | undefined;
}

/** A body, by its media type. */
export type Content = Readonly<
  Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>
>;

/** One operation of an OpenAPI document. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
}

/** The operations of paths, by the path and the method in lower case. */
export type Paths = Readonly<
  Record<string, Readonly<Partial<Record<'get' | 'post' | 'delete', Operation>>>>
>;

/** Options of {@link operation}. */
export interface OperationParts {
  /** Unique in the document: the protocol, what it does, and the model. */
  readonly id: string;
  readonly summary: string;
  /** The model, or the protocol where it is about all of them. */
  readonly tag: string;
  readonly body?: Content | undefined;
  /** @defaultValue true */
  readonly bodyRequired?: boolean;
  /** @defaultValue any JSON */
  readonly answer?: JsonSchema;
  /** @defaultValue `application/json` */
  readonly answerType?: string;
  /** Schema of the body of an error. */
  readonly error: JsonSchema;
}

/** Creates an operation that answers 200, or anything else with the protocol's own error. */
export function operation({
  id,
  summary,
  tag,
  body,
  bodyRequired = true,
  answer = {},
  answerType = 'application/json',
  error,
}: OperationParts): Operation {
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(body !== undefined && { requestBody: { required: bodyRequired, content: body } }),
    responses: {
      '200': { description: 'It worked.', content: { [answerType]: { schema: answer } } },
      default: {
        description: 'It did not; the body says why.',
        content: { 'application/json': { schema: error } },
      },
    },
  };
}

/** Schema of an error's body in most protocols: `{"error":"…"}`. */
export const errorSchema: JsonSchema = {
  type: 'object',
  required: ['error'],
  properties: { error: { type: 'string' } },
};

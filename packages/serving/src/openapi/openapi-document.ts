import type { OptionNames } from '@fairlead/signature';
import { checkOptions, invalidArgument } from '../errors/check-options.ts';
import type { LoadedVersion } from '../models/loaded-version.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { exampleInputs } from './example-inputs.ts';
import type { DescribedModel, Paths } from '../openapi-schema/operation.ts';

/** Options of {@link openApiDocument}. */
export interface OpenApiDocumentOptions {
  /** Protocols of the document; a path belongs to the first one that has it. */
  readonly protocols: readonly Protocol[];
  /** @defaultValue "Models" */
  readonly title?: string;
  /** @defaultValue "0" */
  readonly version?: string;
  /**
   * True if requests need an API key, as `Authorization: Bearer` or `X-Api-Key`.
   * @defaultValue false
   */
  readonly secured?: boolean;
  /**
   * Returns whether the description of a model has an example. A golden example is a real input, such as the row of a patient.
   * @defaultValue every model has one
   */
  readonly showsExample?: (model: string) => boolean;
  /**
   * Describes further routes of the service, by the names of the models.
   * @defaultValue none
   */
  readonly furtherPaths?: (models: readonly string[]) => Paths;
}

const optionNames: OptionNames<OpenApiDocumentOptions> = {
  protocols: 'required',
  title: 'optional',
  version: 'optional',
  secured: 'optional',
  showsExample: 'optional',
  furtherPaths: 'optional',
};

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Paths;
  readonly [field: string]: unknown;
}

/**
 * Describes the inputs and outputs of loaded versions, in every protocol, with examples that they answer.
 *
 * Source: https://spec.openapis.org/oas/v3.1.0
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { ModelServer, openApiDocument, openInference } from '@fairlead/serving';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * const document = openApiDocument(models.loadedVersions, { protocols: [openInference()] });
 * console.log(document.openapi); // 3.1.0
 * ```
 */
export function openApiDocument(
  loaded: readonly LoadedVersion[],
  options: OpenApiDocumentOptions,
): OpenApiDocument {
  const given: unknown = loaded;
  if (!Array.isArray(given)) throw invalidArgument('openApiDocument', 'loaded versions', given);
  const {
    protocols,
    title = 'Models',
    version = '0',
    secured = false,
    showsExample = () => true,
    furtherPaths = () => ({}),
  } = checkOptions('openApiDocument', options, optionNames);
  // Of several live versions of a model, the first one answers by default.
  const first = new Map(loaded.toReversed().map((version) => [version.label.model, version]));
  const described = loaded.filter((version) => first.get(version.label.model) === version);
  const models = described.map(({ label, signature, goldenExamples }): DescribedModel => ({
    name: label.model,
    version: label.version,
    signature,
    example: showsExample(label.model) ? exampleInputs(signature, goldenExamples) : undefined,
  }));
  const paths: Record<string, Paths[string]> = {};
  for (const protocol of protocols) {
    for (const [path, item] of Object.entries(protocol.describe?.(models) ?? {})) {
      // A path belongs to the first protocol that knows it, as requests have it.
      paths[path] ??= item;
    }
  }
  const further: Paths = furtherPaths(models.map(({ name }) => name));
  for (const [path, item] of Object.entries(further)) paths[path] ??= item;
  return {
    openapi: '3.1.0',
    info: { title, version },
    servers: [{ url: '/' }],
    paths,
    ...(secured && {
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        },
      },
      security: [{ bearer: [] }, { apiKey: [] }],
    }),
  };
}

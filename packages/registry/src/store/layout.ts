/** Folder of the artifacts, each named by the SHA-256 of its bytes. */
export const BLOBS = 'blobs/sha256';

/** Folder of the models. */
export const MODELS = 'models';

/** Key of the artifact with this SHA-256. */
export const blobKey = (sha256: string): string => `${BLOBS}/${sha256}`;

/** Folder of a model's manifests. */
export const versionsFolder = (model: string): string => `${MODELS}/${model}/versions`;

/** Folder of a model's aliases. */
export const aliasesFolder = (model: string): string => `${MODELS}/${model}/aliases`;

/** Folder of the entries of one alias. */
export const aliasFolder = (model: string, alias: string): string =>
  `${aliasesFolder(model)}/${alias}`;

/** Folder of the events of a model. */
export const eventsFolder = (model: string): string => `${MODELS}/${model}/events`;

/** Key of a document of an event, named by the SHA-256 of its bytes. */
export const documentKey = (model: string, sha256: string): string =>
  `${MODELS}/${model}/documents/${sha256}`;

/** Folder of the signatures of one version. */
export const signaturesFolder = (model: string, version: number): string =>
  `${MODELS}/${model}/signatures/${String(version).padStart(8, '0')}`;

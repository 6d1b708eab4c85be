import type { Datatype, Signature } from '@fairlead/signature';

/** One output that a session returns, with the datatype that the signature promises. */
export interface SessionOutput {
  readonly name: string;
  readonly datatype: Datatype;
}

/** A file beside a model that holds weights of it, under the path by which the model names it. */
export interface WeightsFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/** A model file with what its version's manifest promises of it. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly externalData: readonly WeightsFile[];
  /** Names of the inputs that the signature has, to be compared with the model's own. */
  readonly inputs: readonly string[];
  readonly outputs: readonly SessionOutput[];
  /** The signature by which the rows are analyzed; left out when that isn't wanted. */
  readonly analyzeRowsOf?: Signature;
}

/** Model that a session loads. */
export interface SessionModel extends ModelFile {
  readonly intraOpThreads: number;
}

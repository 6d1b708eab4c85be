import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A model that a public package holds. */
export interface RealModel {
  readonly name: string;
  /** File of the package. */
  readonly archive: string;
  readonly member: string;
  /** Sends each row alone too: for one input and one output, with a row of output for each row of input. */
  readonly rows: boolean;
}

interface ModelList {
  readonly npm: readonly {
    readonly package: string;
    readonly file: string;
    readonly sha256: string;
  }[];
  readonly models: readonly RealModel[];
}

/** Path of the list of the models. */
export const listPath = fileURLToPath(new URL('../models.json', import.meta.url));

/** The models and the packages of npm that hold some of them. */
export const list = JSON.parse(readFileSync(listPath, 'utf8')) as ModelList;

import { requestOf, rowsRequestOf, type BenchModel } from '../servers/models.ts';
import { bentoMl, fastApi, flask, litServe, mlServer, pyTriton } from '../servers/python-sides.ts';
import { bare, fairlead, naive, type SideStarter } from '../servers/sides.ts';

/** A server of the comparison, and how one row is written for it. */
export interface Contender {
  readonly start: SideStarter;
  readonly request: (model: BenchModel) => string;
}

const v2 = (start: SideStarter): Contender => ({ start, request: requestOf });
const rows = (start: SideStarter): Contender => ({ start, request: rowsRequestOf });

/** In the order of the table; the first two are ours. */
export const contenders: readonly Contender[] = [
  v2(fairlead('Fairlead, 1 process')),
  v2(fairlead('Fairlead, 2 processes', { FAIRLEAD_PROCESSES: '2' })),
  v2(bare),
  v2(naive),
  v2(flask),
  v2(fastApi),
  v2(mlServer),
  rows(bentoMl),
  rows(litServe),
  v2(pyTriton),
];

export {
  startBalancer,
  type BalancedHost,
  type Balancer,
  type BalancerOptions,
} from './balancer.ts';
export { cgroupHierarchies } from './cgroup-hierarchies.ts';
export { cloudUrl, startCloud, type Cloud, type CloudRequest } from './cloud.ts';
export { exposePort, type ExposedPort } from './expose-port.ts';
export { FleetHost, type BootOptions } from './fleet-host.ts';
export { ensureImage, type ImageLayers, type ImageName, type ImageOptions } from './fleet-image.ts';
export { instanceIdOf } from './instance-id.ts';
export type { LoadFailure, LoadPlan, LoadRequest, LoadResult } from './load-request.ts';
export { canBootFleet, findMachineProblems, type Machine } from './machine-problems.ts';
export { matchesExpected } from './matches-expected.ts';
export type { CommandOptions, CommandResult } from './run-command.ts';
export { startFleet, type Fleet, type FleetOptions } from './start-fleet.ts';
export { startLoad, type Load } from './start-load.ts';

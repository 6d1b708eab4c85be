import type { Deployment } from '@fairlead/deploy-config';

/** Log group of a container. */
export interface TaskLogGroup {
  readonly container: string;
  readonly name: string;
  readonly retentionDays: number;
}

/** Days after which logs of tasks are deleted, unless `cloudWatch` of the deployment has others. */
const DEFAULT_RETENTION_DAYS = 30;

/** Returns the log groups of containers, with the beginning of the names and the retention that those of hosts have. */
export function taskLogGroups(
  { name, cloudWatch }: Deployment,
  containers: readonly string[],
): readonly TaskLogGroup[] {
  const { logGroup = `/${name}`, retentionDays = DEFAULT_RETENTION_DAYS } = cloudWatch ?? {};
  return containers.map((container) => ({
    ...{ container, name: `${logGroup}/${container}`, retentionDays },
  }));
}

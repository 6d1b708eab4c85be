import type { ModelMeasurement, RecommendOptions } from '@fairlead/sizing';

/** Chooses the processes of the gateway as the deployment of a host does, by the measured compute time of a row. */
export async function processesOfHost({ computeMs }: Pick<ModelMeasurement, 'computeMs'>): Promise<{
  readonly processesFor: NonNullable<RecommendOptions['processesFor']>;
}> {
  const { defineDeployment, folderLayout } = await import('@fairlead/deploy-config');
  const layout = folderLayout('/srv/fairlead');
  const processesFor: NonNullable<RecommendOptions['processesFor']> = (host) => {
    const { gateway } = defineDeployment({
      ...{ target: { nginx: '1.26.3' }, layout },
      host: { cores: host.cores, memoryBytes: Math.floor(host.memoryBytes) },
      nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
      gateway: {
        memoryBytes: Math.ceil(host.processBytes),
        ...(computeMs > 0 && { computeMs }),
      },
    });
    return gateway.processes;
  };
  return { processesFor };
}

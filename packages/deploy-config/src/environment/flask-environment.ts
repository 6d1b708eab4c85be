import type { Deployment } from '../deployment.ts';

/** Environment variables of the Python service that follow from the deployment. */
export interface FlaskEnvironment {
  /** Flask's `MAX_CONTENT_LENGTH`. */
  readonly FAIRLEAD_MAX_BODY_BYTES: string;
  /** Maximum time of a prediction. */
  readonly FAIRLEAD_DEADLINE_MS: string;
  /** Native threads of one prediction, for libraries without a separate variable (ONNX Runtime). */
  readonly FAIRLEAD_MODEL_THREADS: string;
  /** Threads of OpenMP. */
  readonly OMP_NUM_THREADS: string;
  /** Threads of OpenBLAS. */
  readonly OPENBLAS_NUM_THREADS: string;
  /** Threads of MKL. */
  readonly MKL_NUM_THREADS: string;
  /** Turns output buffering off. */
  readonly PYTHONUNBUFFERED: string;
  /** The program's folder is read-only. */
  readonly PYTHONDONTWRITEBYTECODE: string;
}

/** Returns the part of Flask's environment that follows from the deployment, without `flask.environment`. */
export function derivedFlaskEnvironment(
  deployment: Deployment,
  modelThreads: number,
): FlaskEnvironment {
  const threads = String(modelThreads);
  return {
    FAIRLEAD_MAX_BODY_BYTES: String(deployment.maxBodyBytes),
    FAIRLEAD_DEADLINE_MS: String(deployment.timeouts.requestMs),
    FAIRLEAD_MODEL_THREADS: threads,
    OMP_NUM_THREADS: threads,
    OPENBLAS_NUM_THREADS: threads,
    MKL_NUM_THREADS: threads,
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/**
 * Returns the environment variables of the Python service; empty when the deployment has none.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, flaskEnvironment } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(flaskEnvironment(deployment)); // {}
 * ```
 */
export function flaskEnvironment(
  deployment: Deployment,
): (FlaskEnvironment & Readonly<Record<string, string>>) | Readonly<Record<string, never>> {
  const { flask } = deployment;
  if (!flask) return {};
  return { ...flask.environment, ...derivedFlaskEnvironment(deployment, flask.modelThreads) };
}

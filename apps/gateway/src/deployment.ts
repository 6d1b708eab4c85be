import { defineDeployment, folderLayout, type Deployment } from '@fairlead/deploy-config';

/** Resources and paths of a host; all other settings of the sample's deployment are below. */
export interface SampleHost {
  readonly cores: number;
  readonly memoryBytes: number;
  /** Files that a process may open: the hard limit. */
  readonly openFiles: number;
  /** Version of Nginx, such as `1.22.1`. */
  readonly nginx: string;
  /** Version of OpenSSL that Nginx runs with. */
  readonly openssl: string;
  /** Account of Nginx's workers, which must reach the sockets and Nginx's temporary files; only named when root starts it. */
  readonly nginxUser?: string;
  /** Port of Nginx on the loopback address. */
  readonly port: number;
  /** Port of Nginx on the loopback address for gRPC. */
  readonly grpcPort: number;
  /** Folder of the rendered files, their logs and temporary files. */
  readonly folder: string;
  /** Folder of Nginx's temporary files. */
  readonly nginxTempFolder: string;
  /** Folder of the Unix sockets. */
  readonly socketFolder: string;
  /** Folder that Python imports `fairlead_flask_model` from. */
  readonly flaskFolder: string;
  /** The `gunicorn` program. */
  readonly gunicorn: string;
  /** Folder of the Python originals. */
  readonly flaskModels: string;
  readonly registry: string;
  readonly keysFile: string;
  /** Folder of asynchronous inference jobs. */
  readonly jobsFolder: string;
  /** Folder of records that wait to be stored. */
  readonly recordsFolder: string;
  /** Folder of captured requests. */
  readonly capturesFolder: string;
}

const MEBIBYTE = 1024 * 1024;

/** The sample application on one machine, without root: Nginx → gateway → ONNX, and → Flask under Gunicorn. */
export function deployment(host: SampleHost): Deployment {
  const { cores, memoryBytes, openFiles, nginx, openssl, nginxUser: user, port, folder } = host;
  const { nginxTempFolder, socketFolder } = host;
  return defineDeployment({
    name: 'fairlead-sample',
    target: { nginx, openssl, gunicorn: '27.0.1' },
    host: { cores, memoryBytes, openFiles },
    layout: { ...folderLayout(folder), nginxTempFolder, socketFolder },
    // Short, so that Ctrl-C ends everything in order within ten seconds even when requests are in flight.
    timeouts: { requestMs: 5000, marginMs: 500 },
    nginx: {
      listen: { scheme: 'http', address: `127.0.0.1:${port}` },
      workers: 1,
      ...(user !== undefined && { user }),
    },
    grpc: { address: `127.0.0.1:${host.grpcPort}` },
    gateway: {
      // Models and the process itself, bodies in flight, and one thread that decodes large ones.
      memoryBytes: 1024 * MEBIBYTE,
      environment: {
        FAIRLEAD_CODEC_THREADS: '1',
        FAIRLEAD_REGISTRY: host.registry,
        FAIRLEAD_KEYS_FILE: host.keysFile,
        FAIRLEAD_JOBS_FOLDER: host.jobsFolder,
        FAIRLEAD_STATE_FOLDER: host.recordsFolder,
        FAIRLEAD_CAPTURE_LOCATION: host.capturesFolder,
      },
    },
    flask: {
      app: 'fairlead_flask_model.app:create_app()',
      folder: host.flaskFolder,
      gunicorn: host.gunicorn,
      workers: 1,
      threads: 2,
      workerMemoryBytes: 512 * MEBIBYTE,
      environment: { FAIRLEAD_MODEL_FOLDER: host.flaskModels },
    },
  });
}

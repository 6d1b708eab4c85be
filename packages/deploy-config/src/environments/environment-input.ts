import type { Deployment } from '../deployment.ts';

/** A host of an environment, for an entry that needs more than its address. */
export interface TargetHostInput {
  /** `ssh://admin@10.0.0.1:22`, `ssm://i-0123456789abcdef0` for an instance of AWS Systems Manager, or `local` for this machine. */
  readonly url: string;
  /** Name at the balancer: ID or IP address of the target, or the server of HAProxy. @defaultValue the instance of `ssm://`, or the IP address of `ssh://` */
  readonly target?: string;
}

/** Auto Scaling group whose instances are the hosts: each command lists those that are in service. */
export interface AutoScalingGroupInput {
  /** Name of the group. Its instances are reached by Systems Manager (`ssm`). */
  readonly autoScalingGroup: string;
  /** Region of the group. @defaultValue that of `ssm`, or that of the AWS SDK */
  readonly region?: string;
  /**
   * Time for instances that start during a deployment to come into service, in milliseconds; as long as the first boot may take.
   * @defaultValue `900_000`
   */
  readonly startTimeoutMs?: number;
}

/** Connections by the `ssh` of the system. Paths are relative to the configuration file. */
export interface SshInput {
  /** File with the keys of the hosts, in the format of `known_hosts`. @defaultValue those of the user and the system */
  readonly knownHostsFile?: string;
  /** Private key of the account. @defaultValue the keys of the agent and of the user */
  readonly identityFile?: string;
  /** Configuration file of `ssh`. @defaultValue those of the user and the system */
  readonly configFile?: string;
  /** Time to connect, in milliseconds. @defaultValue `10_000` */
  readonly connectTimeoutMs?: number;
}

/** Commands by AWS Systems Manager. */
export interface SsmInput {
  /** Bucket for the input and the long output of commands; each object is removed after its command. */
  readonly bucket: string;
  /** Prefix of the objects in the bucket; the name of the environment follows, such as in `deploy/production`. @defaultValue `'deploy'` */
  readonly prefix?: string;
  /** Region of the instances and the bucket. @defaultValue that of the AWS SDK, such as `AWS_REGION` */
  readonly region?: string;
}

/** Target group of an Elastic Load Balancer. */
export interface TargetGroupInput {
  /** `'target-group'`: target group of an Elastic Load Balancer. */
  readonly kind: 'target-group';
  /** ARN of the target group. */
  readonly arn: string;
  /** Region of the target group. @defaultValue that of the ARN */
  readonly region?: string;
}

/** HAProxy, by its admin socket. */
export interface HaproxyInput {
  /** `'haproxy'`: HAProxy, by its admin socket. */
  readonly kind: 'haproxy';
  /** Path of the socket on this machine, or `host:port`. */
  readonly socket: string;
  /** Name of the backend with the hosts' servers. */
  readonly backend: string;
}

/** Request that must be answered as expected before a release stays on a host. */
export interface CheckInput {
  /** Path with a leading slash, such as `/v2/models/digits/infer`. */
  readonly path: string;
  /** Body of a POST request, sent as JSON. @defaultValue a GET request */
  readonly body?: unknown;
  /** Members that the JSON answer must have; numbers may differ by 1e-5 of their size. @defaultValue status 200 is enough */
  readonly expected?: unknown;
}

/** Python service in a release. Paths are relative to the configuration file. */
export interface PythonReleaseInput {
  /** Requirements file that pins every package with hashes. */
  readonly requirements: string;
  /** Folder that Python imports the application from. */
  readonly source: string;
  /** Version of Python on the hosts. @defaultValue `'3.11'`, that of Debian 12 */
  readonly version?: string;
  /** Python program of this machine that downloads the wheels. @defaultValue `'python3'` */
  readonly interpreter?: string;
}

/** Content of the releases. Paths are relative to the configuration file. */
export interface ReleaseInput {
  /** Module that starts the application, `.ts` or `.js`. */
  readonly entry: string;
  /** Platform of the hosts. @defaultValue `'linux-x64'` */
  readonly platform?: 'linux-x64' | 'linux-arm64';
  /** Folder of the archives. @defaultValue `'releases'` */
  readonly out?: string;
  /** Version of Node in the release. @defaultValue that of this version of Fairlead */
  readonly nodeVersion?: string;
  /** Packages with native code, or that read their own files. @defaultValue `['onnxruntime-node']` */
  readonly external?: readonly string[];
  /** Conditions of the `exports` of packages, in addition to those of Node. @defaultValue none */
  readonly conditions?: readonly string[];
  /** The Python service: packages and sources. @defaultValue none */
  readonly python?: PythonReleaseInput;
  /** Requests that must be answered as expected on a host, beside readiness: golden examples. @defaultValue none */
  readonly checks?: readonly CheckInput[];
  /** File on the host with the API key of these requests; absolute path. @defaultValue none */
  readonly checkKeyFile?: string;
  /** Time for a release to become ready on a host, in milliseconds. @defaultValue `60_000` */
  readonly readyTimeoutMs?: number;
  /** Ed25519 private key (PEM) that signs releases: a file on the machine that builds. @defaultValue not signed */
  readonly signingKeyFile?: string;
}

/** Registry in a folder, copied to the hosts, which serve from it; one in S3 needs no copy. */
export interface CopiedRegistryInput {
  /** Folder of the registry, relative to the configuration file. */
  readonly folder: string;
  /** Absolute path of the copy on the hosts. @defaultValue `'/var/lib/fairlead/registry'` */
  readonly path?: string;
}

/** CloudFormation stack around the hosts. */
export interface StackInput {
  /** Name of the stack. */
  readonly name: string;
  /** Template that was synthesized from this checkout, relative to the configuration file. @defaultValue `'cdk.out/<name>.template.json'` */
  readonly template?: string;
  /** Region of the stack. @defaultValue that of the hosts, else that of the AWS SDK, such as `AWS_REGION` */
  readonly region?: string;
  /**
   * Parameter of Systems Manager with the release of new hosts, which `fairlead deploy` and `fairlead rollback` write: that of
   * `updates: { kind: 'inPlace', parameter }`. The archives have to be in S3 (`releaseStore`). @defaultValue none
   */
  readonly releaseParameter?: string;
  /**
   * Program and arguments that deploy the stack with a release, such as `['npx', 'cdk', 'deploy', 'Shop', '--require-approval', 'never']`:
   * `fairlead deploy` and `fairlead rollback` run it in the folder of the configuration file, in place of an update of the hosts. It gets
   * the path of the archive in `FAIRLEAD_RELEASE`, its digest in `FAIRLEAD_RELEASE_DIGEST`, and the name of the environment in
   * `FAIRLEAD_ENVIRONMENT`. For `updates: { kind: 'immutable' }`. @defaultValue hosts are updated in place
   */
  readonly command?: readonly [string, ...string[]];
}

/** Hosts that get the same releases, and how. */
export interface EnvironmentInput {
  /** The hosts, in the order of their updates; or the Auto Scaling group that they are in. */
  readonly hosts:
    readonly [string | TargetHostInput, ...(string | TargetHostInput)[]] | AutoScalingGroupInput;
  /** Deployment of these hosts. @defaultValue the export `deployment` of the same file */
  readonly deployment?: Deployment;
  /** Content of the releases. */
  readonly release: ReleaseInput;
  /** Connections to hosts with `ssh://`. */
  readonly ssh?: SshInput;
  /** Commands on hosts with `ssm://`; required with them, and with an Auto Scaling group. */
  readonly ssm?: SsmInput;
  /** Ed25519 public keys (PEM), one of which must have signed a release: a file on the machine that deploys. @defaultValue a signature isn't required */
  readonly trustedKeysFile?: string;
  /** Load balancer that a host is taken out of while it is updated. @defaultValue none */
  readonly balancer?: TargetGroupInput | HaproxyInput;
  /** Hosts that are updated at the same time: a number, or a share such as `'25%'`. @defaultValue `1` */
  readonly batch?: number | `${number}%`;
  /**
   * Files of this machine that `fairlead hosts sync` copies to the hosts, by their absolute paths there: secrets, certificates.
   * They are never in a release. @defaultValue none
   */
  readonly files?: Readonly<Record<string, string>>;
  /** Registry in a folder, copied to the hosts. @defaultValue none */
  readonly registry?: CopiedRegistryInput;
  /** A change needs the name of the environment: typed at a terminal, or `--yes <environment>`. @defaultValue `false` */
  readonly protected?: boolean;
  /**
   * Environment of the same file that a release must have passed before it is deployed here; nothing is built for this environment then.
   * @defaultValue releases are built for this environment
   */
  readonly promoteFrom?: string;
  /**
   * Store of releases, of the environments that they have passed, and of the audit log: a folder relative to the configuration file, or
   * `s3://bucket/prefix`. @defaultValue the folder of `release.out`
   */
  readonly releaseStore?: string;
  /** Address of the service behind its load balancer, where `fairlead check` sends the checks of the release. @defaultValue none */
  readonly url?: string;
  /** CloudFormation stack around the hosts, which `fairlead plan` compares. @defaultValue none */
  readonly stack?: StackInput;
}

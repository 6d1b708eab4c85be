/** Place that a host reads a secret from: one of `file`, `ssmParameter` and `secretsManager`. */
export interface SecretSourceInput {
  /** File on the host, owned by root and readable by no other account; may be the `path` itself. Absolute path. */
  readonly file?: string;
  /** Name or ARN of a parameter in SSM Parameter Store, such as `/shop/pepper`; `:` and a version or label may follow a name. */
  readonly ssmParameter?: string;
  /** Name or ARN of a secret in AWS Secrets Manager. */
  readonly secretsManager?: string;
  /** Member of a JSON object in Secrets Manager that is the secret. @defaultValue the whole value */
  readonly key?: string;
  /** AWS region of it. @defaultValue that of an ARN, else `AWS_REGION`, else the region of the instance */
  readonly region?: string;
}

/** A secret of the services, which each host reads itself when a release is prepared and activated. */
export interface SecretInput {
  /** Name in messages: lower case, digits and hyphens. */
  readonly name: string;
  /** Source of the value, which no rendered file, release or log contains. */
  readonly from: SecretSourceInput;
  /** File that the host writes, below `/etc`. */
  readonly path: string;
  /** Name of a variable: the file then has lines `NAME="value"`, one for each secret of the same `path`, as `secretsFile` expects. @defaultValue the file is the value */
  readonly variable?: string;
  /** Permission bits of the file in octal digits, such as `'0640'`; no account outside of the group may read it. @defaultValue `'0640'` for the keys file, else `'0600'` */
  readonly mode?: string;
  /** Account and group of the file. @defaultValue `root` and the gateway's group for the keys file, else `'root:root'` */
  readonly owner?: string;
}

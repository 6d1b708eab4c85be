import { describeSource, type SecretReference } from '../../secrets/secret-reference.ts';
import { hostError } from '../host-error.ts';
import { runProgram } from '../run-program.ts';
import { readSecretFile, rootOnly } from './read-secret-file.ts';
import { secretLine, variableProblem, withoutLineFeed } from './secret-lines.ts';

/** File of one or several secrets, as it should be on this host. */
export interface SecretFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Sources of its secrets, for messages. */
  readonly source: string;
  readonly content: Buffer;
  /** `true` for a file that is its own source, which nothing writes. */
  readonly isSource: boolean;
}

/** File of secrets whose sources can't be read. */
interface UnreadSecretFile extends Omit<SecretFile, 'content'> {
  /** Reason, without a value. */
  readonly problem: string;
}

/**
 * Reads the sources of all secrets; a source that can't be read is described in place of the content.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when an owner is no account of this host
 */
export async function resolveSecrets(
  secrets: readonly SecretReference[],
): Promise<readonly (SecretFile | UnreadSecretFile)[]> {
  const byPath = Map.groupBy(secrets, ({ path }) => path);
  return Promise.all([...byPath].map(([path, group]) => resolveFile(path, group)));
}

async function resolveFile(
  path: string,
  group: readonly SecretReference[],
): Promise<SecretFile | UnreadSecretFile> {
  const [{ mode = '0600', owner = 'root:root' } = {}] =
    group as readonly Partial<SecretReference>[];
  const [user = '', groupName = ''] = owner.split(':');
  const file = {
    path,
    mode: Number.parseInt(mode, 8),
    uid: await idOf('passwd', user, path),
    gid: await idOf('group', groupName, path),
    source: group.map(({ from }) => describeSource(from)).join(', '),
    isSource: group.some(({ from }) => 'file' in from && from.file === path),
  };
  const values = await Promise.all(group.map((secret) => valueOf(secret, file)));
  const problems = values.flatMap((value) => ('problem' in value ? [value.problem] : []));
  if (problems.length > 0) return { ...file, problem: problems.join('\n') };
  return { ...file, content: Buffer.concat(values.filter((value) => Buffer.isBuffer(value))) };
}

/** Returns the part of a secret in its file, or the reason why there is none, which never contains a value. */
async function valueOf(
  secret: SecretReference,
  file: {
    readonly path: string;
    readonly uid: number;
    readonly gid: number;
    readonly mode: number;
  },
): Promise<Buffer | { readonly problem: string }> {
  const { name, from, variable } = secret;
  const failed = (reason: string) => ({
    problem: `The secret ${name} can't be read from ${describeSource(from)}: ${reason}.`,
  });
  let value;
  try {
    value = await readSource(secret, file);
  } catch (error) {
    return failed(reasonOf(error, secret));
  }
  if (variable !== undefined) value = withoutLineFeed(value);
  if (value.length === 0) return failed('it is empty');
  if (variable === undefined) return value;
  const problem = variableProblem(value);
  return problem === undefined ? Buffer.from(secretLine(variable, value)) : failed(problem);
}

async function readSource(
  { from, path }: SecretReference,
  file: { readonly uid: number; readonly gid: number; readonly mode: number },
): Promise<Buffer> {
  if ('file' in from) return readSecretFile(from.file, from.file === path ? file : rootOnly);
  if ('ssmParameter' in from) {
    const { readParameter } = await import('./ssm-parameters.ts');
    return readParameter(from.ssmParameter, from.region);
  }
  const { readManagedSecret } = await import('./managed-secrets.ts');
  const value = await readManagedSecret(from.secretsManager, from.region);
  return from.key === undefined ? value : memberOf(value, from.key);
}

/** Returns a member of a JSON object. Messages of `JSON.parse` have a part of the text: they aren't shown. */
function memberOf(value: Buffer, key: string): Buffer {
  let object: unknown;
  try {
    object = JSON.parse(value.toString());
  } catch {
    throw new Error('its value is not JSON');
  }
  const members = new Map(
    typeof object === 'object' && object !== null ? Object.entries(object) : [],
  );
  const member: unknown = members.get(key);
  if (typeof member === 'string') return Buffer.from(member);
  throw new Error(
    member === undefined ? 'its value has no such member' : 'the member is not a text',
  );
}

/** Actions that a role needs, by the property of the source. */
function actionsOf(from: SecretReference['from']): string {
  if ('ssmParameter' in from) return 'ssm:GetParameter';
  return 'secretsmanager:GetSecretValue';
}

function reasonOf(error: unknown, { from }: SecretReference): string {
  if (!(error instanceof Error)) return 'unknown error';
  const message = error.message.replace(/\.$/, '');
  if ('file' in from) return message;
  if (/AccessDenied|NotAuthorized/.test(error.name)) {
    return `${error.name}: ${message}. Allow ${actionsOf(from)} to the role of the host, and kms:Decrypt on its key`;
  }
  if (error.name === 'CredentialsProviderError') {
    return `no credentials (${message}). Give the instance a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
  }
  if (error.name.includes('NotFound'))
    return `${error.name}: it doesn't exist. Create it, or correct its name`;
  return error.name === 'Error' ? message : `${error.name}: ${message}`;
}

async function idOf(database: 'passwd' | 'group', name: string, path: string): Promise<number> {
  const { code, stdout } = await runProgram('getent', [database, name]);
  const id = Number(stdout.split(':')[2]);
  if (code === 0 && Number.isInteger(id)) return id;
  const kind = database === 'passwd' ? 'account' : 'group';
  throw hostError(`The owner of ${path} is the ${kind} ${name}, which this host doesn't have.`);
}

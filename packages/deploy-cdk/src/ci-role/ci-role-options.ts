import { checkOneOf, checkOptions, invalidOption } from '../check-options.ts';

/** Workflows of GitHub Actions that may assume the role. */
export interface GithubOptions {
  /** Repository. Example: `'acme/shop'`. */
  readonly repository: string;
  /** Environment of the job; GitHub enforces its reviewers and branches. Example: `'production'`. */
  readonly environment: string;
}

/** Pipelines of GitLab that may assume the role. */
export interface GitlabOptions {
  /** Path of the project. Example: `'acme/shop'`. */
  readonly project: string;
  /**
   * Branch of the pipeline, which has to be protected: the subject of GitLab's tokens has no environment. Example: `'production'`.
   * @defaultValue `'main'`
   */
  readonly branch?: string;
  /** Address of GitLab. Example: `'https://gitlab.example.com'`. @defaultValue `'https://gitlab.com'` */
  readonly url?: string;
}

/** Something that the role may do. */
export type CiPermission = 'stack' | 'plan' | 'releases' | 'images' | 'hosts' | 'models';

/** Role that a pipeline assumes with a token of its job, without a long-lived key. */
export interface CiRoleOptions {
  /** Workflows of GitHub; either these or those of GitLab. Example: `{ repository: 'acme/shop', environment: 'production' }`. @defaultValue none */
  readonly github?: GithubOptions;
  /** Pipelines of GitLab, whose jobs request tokens for `sts.amazonaws.com`. Example: `{ project: 'acme/shop' }`. @defaultValue none */
  readonly gitlab?: GitlabOptions;
  /**
   * ARN of the identity provider, of which an account has one for each address; its audiences have to include `sts.amazonaws.com`. Example:
   * `'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com'`.
   * @defaultValue a new provider
   */
  readonly providerArn?: string;
  /**
   * Tasks of the pipeline: `'stack'` assumes the roles of the CDK bootstrap, `'plan'` compares the stack for `fairlead plan`, `'releases'` stores releases, their results and the audit log, `'images'` pushes images of
   * containers, `'hosts'` updates hosts in place by Systems Manager, `'models'` pushes and promotes models. Example: `['models']`.
   * @defaultValue `['stack', 'releases']` for hosts, `['stack', 'images']` for containers
   */
  readonly permissions?: readonly CiPermission[];
  /**
   * Name of the environment in `fairlead.config.ts` that the permission `'hosts'` is for: the role reads and writes the input and output of its
   * commands only, which may have secrets. Example: `'production'`.
   * @defaultValue `github.environment`; required with `gitlab` and `'hosts'`
   */
  readonly environment?: string;
  /** Name of the role. Example: `'shop-prod-ci'`. @defaultValue a name by CloudFormation */
  readonly roleName?: string;
  /** Qualifier of the CDK bootstrap of the account. Example: `'acme'`. @defaultValue `'hnb659fds'`, that of the CDK */
  readonly bootstrapQualifier?: string;
}

/** Issuer of tokens, and which of them are accepted. */
export interface TrustedTokens {
  readonly url: string;
  readonly audience: string;
  readonly subject: string;
}

const PERMISSIONS: readonly CiPermission[] = [
  'stack',
  'plan',
  'releases',
  'images',
  'hosts',
  'models',
];
/** Names that `defineEnvironments` accepts. */
const ENVIRONMENT = /^[a-z][a-z0-9-]{0,30}$/;
const GITHUB = 'https://token.actions.githubusercontent.com';
/** Audience of the tokens that the pipelines of `fairlead init --ci` request. */
const AUDIENCE = 'sts.amazonaws.com';

/**
 * Returns the tokens that the options trust.
 *
 * Sources: https://docs.github.com/en/actions/reference/security/oidc, https://docs.gitlab.com/ci/secrets/id_token_authentication/
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 */
export function trustedTokens(options: CiRoleOptions): TrustedTokens {
  checkOptions('ciRole', options, {
    github: 'optional',
    gitlab: 'optional',
    providerArn: 'optional',
    permissions: 'optional',
    environment: 'optional',
    roleName: 'optional',
    bootstrapQualifier: 'optional',
  });
  for (const permission of options.permissions ?? []) {
    checkOneOf('ciRole.permissions', permission, PERMISSIONS);
  }
  const { github, gitlab, environment } = options;
  if (environment !== undefined) checkName('environment', environment, ENVIRONMENT, 'production');
  if (github !== undefined && gitlab === undefined) return githubTokens(github);
  if (gitlab !== undefined && github === undefined) return gitlabTokens(gitlab);
  throw invalidOption(
    'Option ciRole needs either github, such as { repository: "acme/shop", environment: "production" }, or gitlab, such as { project: "acme/shop" }.',
  );
}

/**
 * Returns the name of the environment in `fairlead.config.ts`.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` when the options have none
 */
export function environmentOf({ environment, github }: CiRoleOptions): string {
  const name = environment ?? github?.environment ?? '';
  if (ENVIRONMENT.test(name)) return name;
  const found = name === '' ? '' : `, and github.environment ${JSON.stringify(name)} is not one`;
  throw invalidOption(
    `Option ciRole.permissions has "hosts", which is for the commands of one environment${found}: set ciRole.environment to its name in fairlead.config.ts, such as "production".`,
  );
}

function githubTokens(github: GithubOptions): TrustedTokens {
  checkOptions('ciRole.github', github, { repository: 'required', environment: 'required' });
  const { repository, environment } = github;
  checkName('github.repository', repository, /^[\w.-]+\/[\w.-]+$/, 'acme/shop');
  checkName('github.environment', environment, /^[\w.-]+$/, 'production');
  const subject = `repo:${repository}:environment:${environment}`;
  return { url: GITHUB, audience: AUDIENCE, subject };
}

function gitlabTokens(gitlab: GitlabOptions): TrustedTokens {
  checkOptions('ciRole.gitlab', gitlab, {
    project: 'required',
    branch: 'optional',
    url: 'optional',
  });
  const { project, branch = 'main', url = 'https://gitlab.com' } = gitlab;
  checkName('gitlab.project', project, /^[\w.-]+(?:\/[\w.-]+)+$/, 'acme/shop');
  checkName('gitlab.branch', branch, /^[\w./-]+$/, 'main');
  checkName('gitlab.url', url, /^https:\/\/[a-z0-9.-]+$/, 'https://gitlab.com');
  const subject = `project_path:${project}:ref_type:branch:ref:${branch}`;
  return { url, audience: AUDIENCE, subject };
}

/** A wildcard would trust other repositories. */
function checkName(name: string, value: unknown, pattern: RegExp, example: string): void {
  if (typeof value === 'string' && pattern.test(value)) return;
  throw invalidOption(
    `Option ciRole.${name} is ${JSON.stringify(value)}: expected such as ${JSON.stringify(example)}, without wildcards.`,
  );
}

/** Duration of the session of a role, in seconds: that of `ciRole`. A job of a deployment is ended before. */
const SESSION_SECONDS = 7_200;

/** Longest time of a job of a deployment, in minutes: shorter than the session. */
export const DEPLOY_MINUTES = 115;

/**
 * Lines of a shell that exchange an OIDC token for credentials of a role, in the variables that all programs for AWS read. The token is
 * exchanged at once, because it expires within minutes; by the AWS SDK, each client would exchange it at its first request.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 *
 * @param token command that prints the token
 */
export function awsCredentials(token: string): readonly string[] {
  const field = (variable: string, name: string): string =>
    `${variable}=$(printf %s "$aws_answer" | sed -n 's|.*<${name}>\\([^<]*\\)</${name}>.*|\\1|p')`;
  return [
    'case $AWS_REGION in cn-*) aws_domain=amazonaws.com.cn ;; eusc-*) aws_domain=amazonaws.eu ;;',
    '  *) aws_domain=amazonaws.com ;; esac',
    `aws_token=$(${token})`,
    'aws_answer=$(printf %s "$aws_token" | curl --fail-with-body --silent --show-error --retry 3 \\',
    '  --data Action=AssumeRoleWithWebIdentity --data Version=2011-06-15 \\',
    `  --data-urlencode "RoleArn=$AWS_ROLE_ARN" --data DurationSeconds=${SESSION_SECONDS} \\`,
    '  --data-urlencode "RoleSessionName=$AWS_ROLE_SESSION_NAME" --data-urlencode WebIdentityToken@- \\',
    '  "${AWS_ENDPOINT_URL_STS:-${AWS_ENDPOINT_URL:-https://sts.$AWS_REGION.$aws_domain}}/") ||',
    '  { echo "AWS refuses the token for $AWS_ROLE_ARN: $aws_answer" >&2; exit 1; }',
    field('AWS_ACCESS_KEY_ID', 'AccessKeyId'),
    field('AWS_SECRET_ACCESS_KEY', 'SecretAccessKey'),
    field('AWS_SESSION_TOKEN', 'SessionToken'),
    'export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN',
    'unset aws_token aws_answer',
  ];
}

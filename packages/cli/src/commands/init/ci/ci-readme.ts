import type { CiService } from './ci-files.ts';

/** Section of the README of a project with pipelines. */
export function ciReadme(service: CiService): string {
  const place =
    service === 'github'
      ? 'GitHub: Settings, Environments, `staging` and `production`'
      : 'GitLab: Settings, CI/CD, Variables, each with its environment';
  const files =
    service === 'github'
      ? `| \`.github/workflows/deploy.yml\`  | tests, one release, staging, golden predictions through the load balancer, approval, production |
| \`.github/workflows/models.yml\`  | a new version of the model: training, push, gates, approval, promotion                          |
| \`.github/workflows/retrain.yml\` | retraining, when the policy says so                                                             |
| \`.github/aws-credentials.sh\`    | exchanges an OIDC token of the job for credentials of two hours                                 |`
      : `| \`.gitlab-ci.yml\`                | tests, one release, staging, golden predictions, approval, production; models and retraining    |`;
  return `
## Deploy it from ${service === 'github' ? 'GitHub Actions' : 'GitLab CI'}

| file                            | purpose                                                                                         |
| ------------------------------- | ----------------------------------------------------------------------------------------------- |
${files}

Set the instances, the buckets and the addresses in \`fairlead.config.ts\`, and these values in ${place}:

| name                                            | value                                                                |
| ----------------------------------------------- | -------------------------------------------------------------------- |
| variable \`AWS_ROLE_ARN\`                         | role that this repository and this environment may assume by OIDC    |
| variable \`AWS_REGION\`                           | such as \`eu-central-1\`                                               |
| variable \`FAIRLEAD_REGISTRY\`                    | registry of \`fairlead.config.ts\`, such as \`s3://acme-models/shop\`    |
| variable \`FAIRLEAD_CAPTURE_LOCATION\`            | captured requests, for the retraining, such as \`s3://acme-captures\`  |
| secret \`FAIRLEAD_API_KEY\`                       | API key for the golden predictions                                   |

Protect \`production\` there with reviewers. \`npx fairlead plan production\` shows what a deployment would change, \`npx fairlead audit production\` who changed what.
`;
}

import { DEPLOY_MINUTES } from './aws-credentials.ts';
import { GITHUB_AWS, GITHUB_RUN, GITHUB_SET_UP } from './github-steps.ts';

/** Workflow that builds one release and takes it from staging to production. */
export function githubDeployWorkflow(): string {
  return `# Tests, builds one release, and takes the same bytes from staging to production. Written by fairlead init --ci github.
name: Deploy

on:
  push:
    branches: [main]
  workflow_dispatch:

permissions: {} # each job has what it needs

# Two deployments never overlap, and none is cancelled while it works.
concurrency:
  group: deploy
  cancel-in-progress: false

defaults:
  run:
    shell: bash

env:
  FAIRLEAD_ACTOR: \${{ github.triggering_actor }}
${GITHUB_RUN}  WATCH: 75s # hosts are watched for so long after an update

jobs:
  test:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
    steps:
${GITHUB_SET_UP}      - name: Test
        run: npm test --if-present
      - name: Train, and run the golden examples in a registry of this job
        run: npm run model
      - name: Check the configuration
        run: npx fairlead render fairlead.config.ts --out "$RUNNER_TEMP/rendered"

  release:
    needs: test
    runs-on: ubuntu-latest
    timeout-minutes: 20
    environment: staging
    permissions:
      contents: read
      id-token: write
    env:
${GITHUB_AWS}    outputs:
      digest: \${{ steps.build.outputs.digest }}
    steps:
${GITHUB_SET_UP}      - name: Build the release, and publish it to the release store
        id: build
        run: |
          . .github/aws-credentials.sh
          npx fairlead release build staging --publish --json > release.json
          echo "digest=$(jq --exit-status --raw-output .digest release.json)" >> "$GITHUB_OUTPUT"

${deployJob({ name: 'staging', needs: 'release', yes: '--yes', comment: '' })}
${deployJob({
  name: 'production',
  needs: '[release, staging]',
  yes: '--yes production',
  comment:
    '    # Waits for the approval of the reviewers of this environment: Settings, Environments.\n',
})}`;
}

interface DeployJob {
  readonly name: string;
  readonly needs: string;
  readonly yes: string;
  /** Lines above the environment. */
  readonly comment: string;
}

function deployJob({ name, needs, yes, comment }: DeployJob): string {
  return `  ${name}:
    needs: ${needs}
    runs-on: ubuntu-latest
    timeout-minutes: ${DEPLOY_MINUTES} # the credentials of a step expire after two hours
${comment}    environment: ${name}
    permissions:
      contents: read
      id-token: write
    env:
${GITHUB_AWS}      RELEASE: \${{ needs.release.outputs.digest }}
    steps:
${GITHUB_SET_UP}      - name: Plan
        run: |
          . .github/aws-credentials.sh
          # To compare the stack too, run npx cdk synth before this line, and leave out --without-stack.
          npx fairlead plan ${name} --release "$RELEASE" --without-stack > plan.txt
          { echo '\`\`\`'; cat plan.txt; echo '\`\`\`'; } >> "$GITHUB_STEP_SUMMARY"
      - name: Deploy
        run: |
          . .github/aws-credentials.sh
          npx fairlead deploy ${name} --release "$RELEASE" --watch "$WATCH" --reason "$RUN" ${yes} --json
      - name: Golden predictions through the load balancer
        env:
          FAIRLEAD_API_KEY: \${{ secrets.FAIRLEAD_API_KEY }}
        run: |
          . .github/aws-credentials.sh
          npx fairlead check ${name} --reason "$RUN"
`;
}

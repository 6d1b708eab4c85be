import { GITHUB_AWS, GITHUB_RUN, GITHUB_SET_UP } from './github-steps.ts';

/** Head of the workflows for models: their names, triggers and what they have in common. */
function head(name: string, comment: string, on: string): string {
  return `# ${comment} Written by fairlead init --ci github.
name: ${name}

on:
${on}  workflow_dispatch:

permissions: {} # each job has what it needs

# Two of these runs never overlap.
concurrency:
  group: models
  cancel-in-progress: false

defaults:
  run:
    shell: bash

env:
  FAIRLEAD_ACTOR: \${{ github.triggering_actor }}
${GITHUB_RUN}`;
}

/** Job of an environment that uses the registry. */
function job(name: string, environment: string, more: string): string {
  return `  ${name}:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    environment: ${environment}
    permissions:
      contents: read
      id-token: write
${more}    env:
${GITHUB_AWS}      FAIRLEAD_REGISTRY: \${{ vars.FAIRLEAD_REGISTRY }}
`;
}

/** Workflow for a new version of a model, without a deployment: push, gates, promotion. */
export function githubModelsWorkflow(model: string): string {
  const on = `  push:
    branches: [main]
    paths: [train.ts, 'data/**'] # what the training reads
`;
  const outputs = `    outputs:
      version: \${{ steps.push.outputs.version }}
`;
  const promote = `    needs: push
    if: needs.push.outputs.version != ''
`;
  return `${head('Models', 'Trains, pushes a new version, evaluates its gates, and promotes it after an approval.', on)}
jobs:
${job('push', 'staging', outputs)}    steps:
${GITHUB_SET_UP}      - name: Train
        run: npm run train
      - name: Push, with the golden examples
        id: push
        run: |
          . .github/aws-credentials.sh
          npx fairlead model push ${model} trained --baseline trained/train.csv --if-changed --json > pushed.json
          if jq --exit-status .created pushed.json; then
            echo "version=$(jq --exit-status .manifest.version pushed.json)" >> "$GITHUB_OUTPUT"
          fi
      - name: Evaluate the gates
        if: steps.push.outputs.version != ''
        env:
          VERSION: \${{ steps.push.outputs.version }}
        run: |
          . .github/aws-credentials.sh
          npx fairlead model gates check ${model} "$VERSION" | tee -a "$GITHUB_STEP_SUMMARY"

${job('promote', 'production # waits for the approval of its reviewers', promote)}      VERSION: \${{ needs.push.outputs.version }}
    steps:
${GITHUB_SET_UP}      - name: Promote
        run: |
          . .github/aws-credentials.sh
          npx fairlead model promote ${model} "$VERSION" --reason "$RUN"
`;
}

/** Workflow that retrains a model when its policy says so. */
export function githubRetrainWorkflow(model: string): string {
  const on = `  schedule:
    - cron: '17 3 * * *' # each day at 03:17 UTC
`;
  return `${head('Retrain', 'Retrains the model when its policy says so: by schedule, drift, labels or performance.', on)}
jobs:
${job('retrain', 'production', '')}      FAIRLEAD_CAPTURE_LOCATION: \${{ vars.FAIRLEAD_CAPTURE_LOCATION }}
    steps:
${GITHUB_SET_UP}      - name: Retrain if it is due
        run: |
          . .github/aws-credentials.sh
          npx fairlead retrain run ${model} --due --folder "$RUNNER_TEMP/retraining" --reason "$RUN"
`;
}

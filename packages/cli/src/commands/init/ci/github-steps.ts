import { awsCredentials } from './aws-credentials.ts';

/** Commits of actions of GitHub, which a moved tag doesn't change. */
const CHECKOUT = 'actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2';
const SETUP_NODE = 'actions/setup-node@a0853c24544627f65ddf259abe73b1d18a591444 # v5.0.0';

/** Steps of every job: the sources without the token that fetched them, Node, and the packages of the lock file. */
export const GITHUB_SET_UP = `      - uses: ${CHECKOUT}
        with:
          persist-credentials: false
      - uses: ${SETUP_NODE}
        with:
          node-version: 24
      - name: Install
        run: npm ci --ignore-scripts # no package runs its scripts where the role can be assumed
`;

/** Variables of a job that uses AWS: the role of its environment, which only this repository and environment can assume. */
export const GITHUB_AWS = `      AWS_REGION: \${{ vars.AWS_REGION }}
      AWS_ROLE_ARN: \${{ vars.AWS_ROLE_ARN }}
      AWS_ROLE_SESSION_NAME: github-\${{ github.run_id }}
`;

/** Command that prints an OIDC token of the job. */
const REQUEST_TOKEN = `curl --fail --silent --show-error --retry 3 \\
  --header "authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" | jq --exit-status --join-output .value`;

/** Reason of each change for the audit log: the run. */
export const GITHUB_RUN = `  RUN: \${{ github.server_url }}/\${{ github.repository }}/actions/runs/\${{ github.run_id }}
`;

/** Script that a step reads with `.`: its variables are those of this step alone. */
export const GITHUB_CREDENTIALS_SCRIPT = `# shellcheck shell=bash
# Gives this step credentials of AWS_ROLE_ARN: . .github/aws-credentials.sh
# An OIDC token of this job, which expires after five minutes, is exchanged for credentials of two hours. There is no
# long-lived key. The role has to allow sessions of that time, as ciRole does.
${awsCredentials(REQUEST_TOKEN).join('\n')}
`;

import { awsCredentials, DEPLOY_MINUTES } from './aws-credentials.ts';

/**
 * Pipeline of GitLab: the same stages as the workflows of GitHub. Each environment needs its variables (Settings, CI/CD), and
 * production an approval (Settings, Protected environments).
 */
export function gitlabPipeline(model: string): string {
  return `${HEAD}${DEPLOYMENT}${models(model)}`;
}

const HEAD = `# Tests, builds one release, and takes the same bytes from staging to production; new versions of models and
# retraining run separately. Written by fairlead init --ci gitlab.
stages: [test, release, staging, production]

variables:
  FAIRLEAD_ACTOR: $GITLAB_USER_LOGIN
  WATCH: 75s # hosts are watched for so long after an update

default:
  image: node:24-bookworm
  interruptible: false
  before_script:
    - npm ci --ignore-scripts

# A job that uses AWS exchanges its OIDC token for credentials of AWS_ROLE_ARN, which expire after two hours: there is no
# long-lived key. The trust of a role is limited to this project and a protected branch, and the role has to allow
# sessions of that time, as ciRole does.
.aws:
  id_tokens:
    AWS_TOKEN:
      aud: sts.amazonaws.com
  variables:
    AWS_ROLE_SESSION_NAME: gitlab-$CI_PIPELINE_ID
  before_script:
    - |
${awsCredentials('printf %s "$AWS_TOKEN"')
  .map((line) => `      ${line}\n`)
  .join('')}    - npm ci --ignore-scripts

# Two jobs of the same group never overlap.
.deploy:
  extends: .aws
  resource_group: deploy
  timeout: ${DEPLOY_MINUTES} minutes # the credentials expire after two hours
  rules:
    - if: $CI_PIPELINE_SOURCE != "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH

.models:
  extends: .aws
  resource_group: models

`;

const DEPLOYMENT = `test:
  stage: test
  rules:
    - if: $CI_PIPELINE_SOURCE != "schedule"
  script:
    - npm test --if-present
    - npm run model
    - npx fairlead render fairlead.config.ts --out rendered

release:
  extends: .deploy
  stage: release
  environment:
    name: staging
    action: prepare
  script:
    - npx fairlead release build staging --publish --json > release.json
    - node -p '"RELEASE=" + JSON.parse(fs.readFileSync("release.json", "utf8")).digest' > release.env
  artifacts:
    reports:
      dotenv: release.env

# To compare the stack in a plan too, run npx cdk synth before it, and leave out --without-stack.
staging:
  extends: .deploy
  stage: staging
  environment: staging
  script:
    - npx fairlead plan staging --release "$RELEASE" --without-stack
    - npx fairlead deploy staging --release "$RELEASE" --watch "$WATCH" --reason "$CI_PIPELINE_URL" --yes --json
    - npx fairlead check staging --reason "$CI_PIPELINE_URL"

production:
  extends: .deploy
  stage: production
  environment: production # waits for the approval of a protected environment
  needs: [release, staging]
  rules:
    - if: $CI_PIPELINE_SOURCE != "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      when: manual
  script:
    - npx fairlead plan production --release "$RELEASE" --without-stack
    - npx fairlead deploy production --release "$RELEASE" --watch "$WATCH" --reason "$CI_PIPELINE_URL" --yes production --json
    - npx fairlead check production --reason "$CI_PIPELINE_URL"

`;

function models(model: string): string {
  return `# A new version of the model, without a deployment.
push:
  extends: .models
  stage: staging
  environment:
    name: staging
    action: prepare
  needs: [test]
  rules:
    - if: $CI_PIPELINE_SOURCE != "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      changes: [train.ts, data/**/*] # what the training reads
  script:
    - npm run train
    - npx fairlead model push ${model} trained --baseline trained/train.csv --if-changed --json > pushed.json
    - node -p '"VERSION=" + JSON.parse(fs.readFileSync("pushed.json", "utf8")).manifest.version' > version.env
    - . ./version.env && npx fairlead model gates check ${model} "$VERSION"
  artifacts:
    reports:
      dotenv: version.env

promote:
  extends: .models
  stage: production
  environment:
    name: production
    action: prepare
  needs: [push]
  rules:
    - if: $CI_PIPELINE_SOURCE != "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      changes: [train.ts, data/**/*]
      when: manual
  script:
    - npx fairlead model promote ${model} "$VERSION" --reason "$CI_PIPELINE_URL"

# From a scheduled pipeline, such as each day.
retrain:
  extends: .models
  stage: production
  environment:
    name: production
    action: prepare
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
  script:
    - npx fairlead retrain run ${model} --due --folder retraining --reason "$CI_PIPELINE_URL"
`;
}

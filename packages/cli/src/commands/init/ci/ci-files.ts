import { githubDeployWorkflow } from './github-deploy.ts';
import { githubModelsWorkflow, githubRetrainWorkflow } from './github-models.ts';
import { GITHUB_CREDENTIALS_SCRIPT } from './github-steps.ts';
import { gitlabPipeline } from './gitlab.ts';

/** Services whose pipelines `fairlead init --ci` writes. */
export const ciServices = ['github', 'gitlab'] as const;

/** Service that runs the pipelines of a project. */
export type CiService = (typeof ciServices)[number];

/** File of a project. */
export interface ProjectFile {
  readonly text: string;
}

/** Returns the files of the pipelines by their paths in a project. */
export function ciFiles(service: CiService, model: string): Readonly<Record<string, ProjectFile>> {
  if (service === 'gitlab') return { '.gitlab-ci.yml': { text: gitlabPipeline(model) } };
  return {
    '.github/workflows/deploy.yml': { text: githubDeployWorkflow() },
    '.github/workflows/models.yml': { text: githubModelsWorkflow(model) },
    '.github/workflows/retrain.yml': { text: githubRetrainWorkflow(model) },
    '.github/aws-credentials.sh': { text: GITHUB_CREDENTIALS_SCRIPT },
  };
}

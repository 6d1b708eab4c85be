import { execFileSync } from 'node:child_process';

/** A project of the workspace, as far as the check needs to know it. */
export interface Project {
  readonly name: string;
  /** Its folder, relative to the root of the workspace. */
  readonly folder: string;
}

interface ProjectGraph {
  readonly graph: {
    readonly nodes: Readonly<
      Record<
        string,
        { readonly data: { readonly root: string; readonly targets?: Record<string, unknown> } }
      >
    >;
  };
}

/** Asks Nx for the projects that have a target `test`. */
export function findTestedProjects(
  root: string,
  environment: NodeJS.ProcessEnv,
): readonly Project[] {
  const text = execFileSync('nx', ['graph', '--file=stdout'], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  const { graph } = JSON.parse(text) as ProjectGraph;
  return Object.entries(graph.nodes)
    .filter(([, { data }]) => data.targets !== undefined && 'test' in data.targets)
    .map(([name, { data }]) => ({ name, folder: data.root }));
}

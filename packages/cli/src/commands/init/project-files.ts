/** Properties of a new project. */
export interface Project {
  readonly name: string;
  /** Version of the Fairlead packages. */
  readonly version: string;
  readonly service: boolean;
}

/** Returns the files of a new project by their names, without the train script. */
export function projectFiles(project: Project): Readonly<Record<string, string>> {
  return {
    'package.json': `${JSON.stringify(manifest(project), null, 2)}\n`,
    'fairlead.config.ts': CONFIG,
    '.gitignore': 'node_modules\nregistry\ntrained\nrendered\nkeys.json\n',
    'README.md': readme(project),
    ...(project.service && { 'service.ts': SERVICE }),
  };
}

function manifest({ name, version, service }: Project) {
  return {
    name,
    private: true,
    type: 'module',
    // Node runs TypeScript from this version on.
    engines: { node: '>=22.18' },
    scripts: {
      train: 'node train.ts',
      push: 'fairlead model push house-price trained --if-changed --registry registry',
      promote: 'fairlead model promote house-price --registry registry',
      serve: 'fairlead serve --registry registry',
      demo: 'fairlead registry init --registry registry && npm run train && npm run push && npm run promote -- 1 && npm run serve',
      render: 'fairlead render fairlead.config.ts --out rendered',
      ...(service && { start: 'node service.ts' }),
    },
    dependencies: {
      '@fairlead/cli': `^${version}`,
      '@fairlead/deploy-config': `^${version}`,
      ...(service && { '@fairlead/gateway': `^${version}` }),
      'onnxruntime-node': '>=1.20.0',
    },
  };
}

const CONFIG = `import { defineDeployment, folderLayout } from '@fairlead/deploy-config';

/** The deployment: Nginx in front of the service. \`npm run render\` writes its configuration files. */
export const deployment = defineDeployment({
  target: { nginx: '1.22.1' },
  host: { cores: 2, memoryBytes: 4e9 },
  layout: folderLayout(\`\${import.meta.dirname}/rendered\`),
  nginx: { listen: { scheme: 'http', address: '127.0.0.1:8088' } },
  gateway: { listen: '127.0.0.1:8080' },
});
`;

const SERVICE = `import { readSettings, runGateway } from '@fairlead/gateway';

// Settings are environment variables: FAIRLEAD_LISTEN, FAIRLEAD_KEYS_FILE and FAIRLEAD_PEPPER, …
await runGateway(() => readSettings({ FAIRLEAD_REGISTRY: 'registry', ...process.env }), process);
`;

function readme({ name, service }: Project): string {
  const serviceText = `
## Run the service

\`service.ts\` serves the same registry with your settings:

\`\`\`sh
export FAIRLEAD_PEPPER="$(openssl rand -base64 32)"
npx fairlead key create --client me --scope 'infer:*' --keys-file keys.json
FAIRLEAD_KEYS_FILE=keys.json npm start
\`\`\`
`;
  return `# ${name}

A model that is trained, registered and served with Fairlead.

\`\`\`sh
npm install
npm run demo   # creates a registry, trains, pushes, promotes version 1 and serves it
\`\`\`

Paste the \`curl\` line that it prints into another terminal.

| file                 | contents                                                                 |
| -------------------- | ------------------------------------------------------------------------ |
| \`train.ts\`           | training: writes \`trained/model.onnx\` and \`trained/metadata.json\`        |
| \`fairlead.config.ts\` | the deployment, for \`npm run render\`                                     |${service ? '\n| `service.ts`         | the service: settings from the environment, and one call                 |' : ''}

## Train and promote a new version

Change the training in \`train.ts\`, such as its data, then:

\`\`\`sh
npm run train && npm run push   # pushes nothing while the model is unchanged
npm run promote -- 2   # a running server switches to it without a lost request
\`\`\`

Replace \`train.ts\` by your own training, in any language, that writes an ONNX file.
${service ? serviceText : ''}
\`npx fairlead doctor\` checks this machine.
`;
}

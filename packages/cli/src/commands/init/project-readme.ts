import { ciReadme } from './ci/ci-readme.ts';
import type { Project } from './project.ts';

/** Returns the README of a new project. */
export function projectReadme({ name, service, ci }: Project): string {
  const serviceRow =
    '| `service.ts`         | the service: settings from the environment, and one call          |\n';
  return `# ${name}

A model that is trained, registered and served with Fairlead.

\`\`\`sh
npm install # until the packages are on npm, give it the packed files: npm install <repository>/dist/release/*.tgz onnxruntime-node
npm run demo   # creates a registry, trains, pushes, promotes version 1 and serves it
\`\`\`

Paste the \`curl\` line that it prints into another terminal.

| file                 | contents                                                          |
| -------------------- | ----------------------------------------------------------------- |
| \`train.ts\`           | training: writes the model, its metadata and its training table   |
${service ? serviceRow : ''}| \`fairlead.config.ts\` | the deployment and its hosts, for \`fairlead deploy\`               |

## Train and promote a new version

Change the training in \`train.ts\`, such as its data, then:

\`\`\`sh
npm run train && npm run push   # pushes nothing while the model is unchanged
npm run promote -- 2   # a running server switches to it without a lost request
\`\`\`

Replace \`train.ts\` by your own training, in any language, that writes an ONNX file.

## Find drift

\`npm run push\` stores a summary of \`trained/train.csv\` with the version, and what the model answers for its rows. With a state folder the server counts what it receives and answers:

\`\`\`sh
FAIRLEAD_STATE_FOLDER=state npm run serve
npx fairlead drift report house-price --registry registry   # counts are stored every five minutes
\`\`\`

Until there are 100 rows in each of two hours, the report says \`insufficient data\`.
${service ? runService + (ci === undefined ? deployService : ciReadme(ci)) : deployNginx}
\`npx fairlead doctor\` checks this machine.
`;
}

const runService = `
## Run the service

\`service.ts\` serves the same registry with your settings. The pepper is a secret of the service: \`keys.json\` has only digests of keys that are made with it, so that the file alone gives no access.

\`\`\`sh
(umask 077 && openssl rand -base64 32 > pepper) # once: keys that were created with another pepper are not accepted
export FAIRLEAD_PEPPER="$(cat pepper)"
npx fairlead key create --client me --scope 'infer:*' --keys-file keys.json
FAIRLEAD_KEYS_FILE=keys.json npm start
\`\`\`
`;

const deployService = `
## Deploy it to a host

\`npm run render\` writes the files of a host with Debian into \`rendered\`, where they are below \`/\` on the host, so that you can read and compare them:

| file in \`rendered\`                                 | purpose                                                    |
| -------------------------------------------------- | ---------------------------------------------------------- |
| \`etc/nginx/nginx.conf\`                             | Nginx: limits, timeouts, routes                            |
| \`etc/systemd/system/fairlead-gateway.service\`      | the service: account, settings, limits of memory and files |
| \`etc/systemd/system/fairlead-gateway.socket\`       | its socket, which stays open during a restart              |
| \`etc/systemd/system/fairlead-certificate.service\`  | checks the days that the certificate is still valid        |
| \`etc/systemd/system/fairlead-certificate.timer\`    | starts this check twice a day                              |
| \`etc/systemd/system/nginx.service.d/fairlead.conf\` | time for requests in flight when Nginx stops               |
| \`etc/sysusers.d/fairlead.conf\`                     | the account of the service                                 |
| \`etc/tmpfiles.d/fairlead.conf\`                     | folders, and modes of the secrets                          |
| \`etc/systemd/journald.conf.d/fairlead.conf\`        | limits of the logs                                         |
| \`etc/systemd/timesyncd.conf.d/fairlead.conf\`       | time servers                                               |
| \`etc/apt/apt.conf.d/60fairlead\`                    | security updates                                           |

Set the address of a host with Debian and the host name of the service in \`fairlead.config.ts\`, then create the files that the host needs beside the release. They are secrets, in \`production\`, which git ignores:

\`\`\`sh
umask 077 && mkdir -p production && echo "FAIRLEAD_PEPPER=$(openssl rand -base64 32)" > production/gateway.env
(set -a && . production/gateway.env && npx fairlead key create --client me --scope 'infer:*' --keys-file production/keys.json > production/key)
openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=models.example.com -addext subjectAltName=DNS:models.example.com -keyout production/privkey.pem -out production/fullchain.pem # or copy your certificate there
\`\`\`

\`\`\`sh
npx fairlead hosts prepare   # installs Nginx on the host, and copies files and registry
npx fairlead deploy          # builds a release, activates it, checks it, and puts the one before back if it fails
npx fairlead hosts sync      # after a key was created, or a model promoted
npx fairlead rollback
\`\`\`
`;

const deployNginx = `
## Put Nginx in front of it

\`npm run render\` writes \`rendered/etc/nginx/nginx.conf\`, for a server on port 8080 such as \`npm run serve\`. Read it, then write it to its place on the host:

\`\`\`sh
sudo npx fairlead render fairlead.config.ts --out / && sudo nginx -t
\`\`\`
`;

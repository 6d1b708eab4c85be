import type { IncomingMessage, ServerResponse } from 'node:http';
import { contentHash, secureHeaders } from '@fairlead/security';
import type { ModelServer, ModelStatus } from '@fairlead/serving';
import { consoleScript } from '../console/console-script.ts';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 3rem auto; padding: 0 1rem; color: #1c2733; background: #fff; }
h1 { margin-bottom: 0; } h1 + p { margin-top: .25rem; color: #566472; }
caption { text-align: left; font-weight: 600; padding-top: 1.5rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid #d9e0e6; }
.ready { color: #0a6b3d; } .waiting { color: #a03a00; } code { background: #eef2f5; padding: .1rem .3rem; border-radius: .2rem; }
@media (prefers-color-scheme: dark) { body { color: #dde5ec; background: #11181f; } h1 + p { color: #93a2b0; } th, td { border-color: #2b3742; }
  a { color: #7db8ff; } .ready { color: #5fd39a; } .waiting { color: #ffb27a; } code { background: #1e2932; } }
`;

/** Answers with the page for browsers: the models, live numbers for clients with a key, and links to further pages. */
export function homePage(models: Pick<ModelServer, 'models' | 'status'>) {
  const allowStyle = secureHeaders({
    page: {
      styles: [contentHash(STYLE)],
      scripts: [contentHash(consoleScript)],
      connections: ["'self'"],
    },
    strictTransportSeconds: 0,
  });
  return function home(
    req: IncomingMessage,
    res: ServerResponse,
    next: (error?: unknown) => void,
  ): void {
    Promise.all(models.models.map((model) => models.status(model))).then((statuses) => {
      allowStyle(req, res, () => {
        res.setHeader('content-type', 'text/html; charset=utf-8');
        res.end(render(statuses));
      });
    }, next);
  };
}

/** Without the reason why a model isn't ready: the page is public. */
function render(statuses: readonly ModelStatus[]): string {
  const rows = statuses.map(
    ({
      name,
      version,
      platform,
      ready,
    }) => `<tr><td>${escape(name)}</td><td>${escape(version ?? '–')}</td><td>${escape(platform ?? '–')}</td>
<td class="${ready ? 'ready' : 'waiting'}">${ready ? 'ready' : 'not ready'}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Fairlead</title><style>${STYLE}</style></head>
<body>
<h1>Fairlead</h1>
<p>This gateway serves machine-learning models.</p>
<table>
<thead><tr><th>Model</th><th>Version</th><th>Platform</th><th>State</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<h2>Live</h2>
<p id="live-state" role="status"></p>
<form id="access" hidden><label>API key <input id="key" type="password" autocomplete="off" placeholder="fl_…"></label> <button>Show</button></form>
<table id="live" hidden>
<thead><tr><th>Model</th><th>Version</th><th>Requests/s</th><th>Requests</th><th>Median</th><th>99 %</th><th>Errors</th><th>Drift</th><th>5 minutes</th></tr></thead>
<tbody id="live-rows"></tbody>
</table>
<table id="errors" hidden>
<caption>Errors since the start</caption>
<thead><tr><th>Code</th><th>Model</th><th>Step</th><th>Count</th><th>Last</th><th>Request id</th></tr></thead>
<tbody id="error-rows"></tbody>
</table>
<h2>Next steps</h2>
<ul>
<li><a href="/docs">/docs</a>: try every request with an example; <a href="/openapi.json">/openapi.json</a> (with a key)</li>
<li><a href="/v2/health/ready">/v2/health/ready</a>: readiness, 200 once all required models can answer</li>
<li><code>GET /v2/models/&lt;model&gt;</code>: inputs and outputs of a model (with a key)</li>
<li><code>POST /v2/models/&lt;model&gt;/infer</code>: a prediction, by the <a href="https://github.com/kserve/open-inference-protocol">Open Inference Protocol</a> (with a key for that model)</li>
<li><code>GET /metrics</code>: metrics for Prometheus (with a key that has the scope <code>metrics</code>)</li>
</ul>
<p>Keys go in the header <code>Authorization: Bearer fl_…</code>. The terminal in which the sample was started shows requests to copy and paste.</p>
<script>${consoleScript}</script>
</body>
</html>
`;
}

function escape(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { contentHash, secureHeaders } from '@fairlead/security';
import { docsScript } from './docs-script.ts';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; background: #fff; }
label { display: block; margin-top: .75rem; } input, select, textarea, button { font: inherit; box-sizing: border-box; }
input, select, textarea { width: 100%; padding: .35rem; color: inherit; background: transparent; border: 1px solid #93a2b0; border-radius: .2rem; }
option, optgroup { color: #1c2733; background: #fff; } button { margin-top: .75rem; padding: .4rem 1.2rem; }
textarea, pre { font: 14px/1.4 ui-monospace, monospace; } textarea { min-height: 14rem; }
pre { overflow: auto; max-height: 30rem; padding: .5rem; background: #eef2f5; border-radius: .2rem; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { color: #dde5ec; background: #11181f; } pre { background: #1e2932; } a { color: #7db8ff; } }
`;

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Try it – Fairlead</title><style>${STYLE}</style></head>
<body>
<h1>Try it</h1>
<p>Every request that this gateway answers, by its <a href="/openapi.json">OpenAPI document</a>. A key stays in this page: it is forgotten when you leave.</p>
<form id="access">
<label>API key <input id="key" type="password" autocomplete="off" placeholder="fl_…"></label>
<button>Read the document</button>
</form>
<p id="state" role="status"></p>
<form id="request" hidden>
<label>Request <select id="operation"></select></label>
<label>Media type <select id="type"></select></label>
<label>Body <textarea id="body" spellcheck="false"></textarea></label>
<button id="send">Send</button>
</form>
<section id="answer" hidden aria-live="polite">
<h2 id="status"></h2>
<pre id="headers"></pre>
<pre id="content"></pre>
</section>
<script>${docsScript}</script>
</body>
</html>
`;

/** Answers with a page that sends requests, which it builds from `/openapi.json`. */
export function docsPage() {
  const allow = secureHeaders({
    page: {
      styles: [contentHash(STYLE)],
      scripts: [contentHash(docsScript)],
      connections: ["'self'"],
    },
    strictTransportSeconds: 0,
  });
  return function docs(req: IncomingMessage, res: ServerResponse): void {
    allow(req, res, () => {
      res.setHeader('content-type', 'text/html; charset=utf-8');
      res.end(PAGE);
    });
  };
}

import { escapeHtml } from './escape-html.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}' +
  'table{border-collapse:collapse;margin:1rem 0}th,td{border-bottom:1px solid #d5dce4;padding:.25rem .75rem;text-align:left}td:first-child{overflow-wrap:anywhere}' +
  'svg{display:block;max-width:100%;height:auto}summary{font-weight:600;overflow-wrap:anywhere}details{border-top:1px solid #d5dce4;padding:.5rem 0}' +
  'path{fill:none}.reference{fill:#c3ccd6}.current{stroke:#2f6f9f;stroke-width:1.5}.floor{stroke:#8a96a3;stroke-dasharray:4}circle{fill:#b3261e}';

/** Renders a page without external resources or scripts. */
export function renderPage(title: string, body: string): string {
  const heading = escapeHtml(title);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${heading}</title><style>${STYLE}</style></head>
<body>
<h1>${heading}</h1>
${body}
</body>
</html>
`;
}

/** Escapes a text for the content of an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Renders rows under their titles; every cell is escaped. */
export function renderRows(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (values: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${values.map((value) => `<${tag}>${escapeHtml(value)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('\n');
  return `<table>${line(titles, 'th')}\n${body}</table>`;
}

import { posix } from 'node:path';

const CODE = /^```.*?^```|`[^`\n]*`/gms;
const LINK = /(?<image>!?)\[(?<text>[^\]]*)\]\((?<target>[^)\s]+)\)/g;

/**
 * Makes the relative links of a Markdown page absolute, apart from links within the page and text in code.
 *
 * @param folder the folder of the page, relative to the root of the repository
 * @param repository the repository's address, such as `https://github.com/acme/fairlead`
 * @param tag the Git tag of the release, such as `v1.2.0`
 */
export function absoluteLinks(
  markdown: string,
  folder: string,
  repository: string,
  tag: string,
): string {
  const linkProse = (prose: string): string =>
    prose.replaceAll(LINK, (link: string, image: string, text: string, target: string) => {
      if (/^(?:[a-z][a-z\d+.-]*:|#|\/)/i.test(target)) return link;
      const view = image === '' ? 'blob' : 'raw';
      return `${image}[${text}](${repository}/${view}/${tag}/${posix.join(folder, target)})`;
    });
  let result = '';
  let end = 0;
  for (const { 0: code, index } of markdown.matchAll(CODE)) {
    // Code in the text of a link, such as [`name`](target), is part of the link.
    if (markdown[index - 1] === '[' && markdown.startsWith('](', index + code.length)) continue;
    result += linkProse(markdown.slice(end, index)) + code;
    end = index + code.length;
  }
  return result + linkProse(markdown.slice(end));
}

/** A value of a YAML document. */
export type YamlValue =
  string | number | boolean | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** Writes a value as YAML in block style. Texts are always quoted and in ASCII, so that no parser reads one as another type. */
export function serializeYaml(value: YamlValue, indent = ''): string {
  if (Array.isArray(value)) {
    const items = value as readonly YamlValue[];
    if (items.length === 0) return ' []\n';
    return `\n${items.map((item) => `${indent}-${nested(item, `${indent}  `)}`).join('')}`;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value);
    if (entries.length === 0) return ' {}\n';
    return `\n${entries
      .map(([key, item]) => `${indent}${keyOf(key)}:${serializeYaml(item, `${indent}  `)}`)
      .join('')}`;
  }
  return ` ${scalar(value)}\n`;
}

/** The first entry of an object in a list stands behind the dash. */
function nested(item: YamlValue, indent: string): string {
  const text = serializeYaml(item, indent);
  return text.startsWith('\n') ? ` ${text.slice(1 + indent.length)}` : text;
}

function keyOf(key: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(key) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(key)
    ? key
    : scalar(key);
}

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value).replaceAll(/[\u{7f}-\u{10ffff}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

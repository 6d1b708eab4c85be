import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import ts from 'typescript';
import { expect, it } from 'vitest';

const index = resolve(import.meta.dirname, '../src/index.ts');

/** Names of what the package exports, by file. */
function exportedNames(): ReadonlyMap<string, ReadonlySet<string>> {
  const exports = new Map<string, Set<string>>();
  for (const statement of parse(index).statements) {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue;
    const { text } = statement.moduleSpecifier as ts.StringLiteral;
    const file = resolve(index, '..', text);
    const names = exports.get(file) ?? new Set();
    exports.set(file, names);
    if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause))
      continue;
    for (const { name } of statement.exportClause.elements) names.add(name.text);
  }
  return exports;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** Every field of the exported interfaces that a user fills in, with what its comment lacks. */
function fieldsOfOptions(): readonly { readonly field: string; readonly lacks: string[] }[] {
  return [...exportedNames()].flatMap(([file, names]) =>
    parse(file)
      .statements.filter((each) => ts.isInterfaceDeclaration(each))
      .filter(({ name }) => names.has(name.text))
      .flatMap(({ name, members }) =>
        members
          .filter((each) => ts.isPropertySignature(each))
          .map((member) => ({
            field: `${name.text}.${member.name.getText()}`,
            lacks: lackingIn(member),
          })),
      ),
  );
}

function lackingIn(member: ts.PropertySignature): string[] {
  const comment = ts.getJSDocCommentsAndTags(member).filter((each) => ts.isJSDoc(each));
  const text = comment.map((each) => each.getText()).join('\n');
  const words = text.replaceAll(/\n\s*\*/g, ' ');
  const isOptional = member.questionToken !== undefined;
  const lacks = [
    [/^\/\*\*\s+(?:`[^`]+`|[A-Z0-9]).*?[.:;]/.test(words), 'a sentence'],
    [/Example:\s+`/.test(words), 'an example'],
    [!isOptional || /@defaultValue \S/.test(words), 'a default'],
    [isOptional || !words.includes('@defaultValue'), 'a question mark, since it has a default'],
  ] as const;
  return lacks.filter(([has]) => !has).map(([, what]) => what);
}

it('every field of the exported interfaces has a sentence, an example, and a default where it is optional', () => {
  const fields = fieldsOfOptions();
  expect(fields.length).toBeGreaterThan(100);
  const lacking = fields.filter(({ lacks }) => lacks.length > 0);
  expect(lacking.map(({ field, lacks }) => `${field} lacks ${lacks.join(', ')}`)).toEqual([]);
});

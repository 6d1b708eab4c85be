#!/usr/bin/env node
import { tooOldNode } from './too-old-node.ts';

// Before any other module is loaded: an older Node may not even be able to parse them.
const problem = tooOldNode(process.versions.node);
if (problem === undefined) await import('./run-process.ts');
else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}

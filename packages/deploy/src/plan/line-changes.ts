/** Line that one of two texts has. */
export interface LineChange {
  readonly action: 'add' | 'remove';
  readonly line: string;
}

/** Longest part of a text that is compared line by line: the table has the product of both lengths. */
const MAX_LINES = 2_000;

/** Returns the lines to remove from one text and to add to it, in order, so that it becomes the other: a shortest edit. */
export function lineChanges(before: string, after: string): readonly LineChange[] {
  const [old, wanted] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < wanted.length && old[start] === wanted[start]) start += 1;
  let end = 0;
  while (
    end < Math.min(old.length, wanted.length) - start &&
    old.at(-1 - end) === wanted.at(-1 - end)
  ) {
    end += 1;
  }
  return shortestEdit(old.slice(start, old.length - end), wanted.slice(start, wanted.length - end));
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Finds a longest common subsequence, and returns the lines outside of it. */
function shortestEdit(old: readonly string[], wanted: readonly string[]): readonly LineChange[] {
  const remove = (line: string): LineChange => ({ action: 'remove', line });
  const add = (line: string): LineChange => ({ action: 'add', line });
  if (old.length > MAX_LINES || wanted.length > MAX_LINES) {
    return [...old.map(remove), ...wanted.map(add)];
  }
  const width = wanted.length + 1;
  // Length of the longest common subsequence of the rest of both texts from each pair of lines.
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = wanted.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        old[row] === wanted[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const changes: LineChange[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < wanted.length) {
    const [left, right] = [old[row], wanted[column]];
    if (left !== undefined && left === right) {
      row += 1;
      column += 1;
    } else if (
      left !== undefined &&
      (right === undefined || at(row + 1, column) >= at(row, column + 1))
    ) {
      changes.push(remove(left));
      row += 1;
    } else if (right !== undefined) {
      changes.push(add(right));
      column += 1;
    }
  }
  return changes;
}

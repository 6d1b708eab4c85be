import { float16ToNumber, type Tensor } from '@fairlead/signature';
import { elementTexts } from '../nested-tensor.ts';

/**
 * CSV text of outputs, without a line of names, as SageMaker has it: a line for each row, with the elements of each output
 * in their order; each output has as many rows, see `checkRows`. NaN is `NaN`, since an empty line would be no row.
 *
 * @throws SignatureError `ERR_SIGNATURE_NOT_TEXT` for a `BYTES` element that isn't UTF-8.
 */
export function encodeCsv(outputs: readonly Tensor[], rows: number): string {
  const columns = outputs.map((tensor) => cellsOf(tensor));
  let text = '';
  for (let row = 0; row < rows; row++) {
    const cells = columns.flatMap((column) => {
      const length = column.length / rows;
      return column.slice(row * length, (row + 1) * length);
    });
    text += `${cells.join(',')}\n`;
  }
  return text;
}

function cellsOf(tensor: Tensor): readonly string[] {
  switch (tensor.datatype) {
    case 'FP16':
      return Array.from(tensor.data, (bits) => String(float16ToNumber(bits)));
    case 'FP32':
    case 'FP64':
      return Array.from(tensor.data, String);
    case 'BYTES':
      return elementTexts(tensor).map((text) => quoted(JSON.parse(text) as string));
    default:
      return elementTexts(tensor);
  }
}

/** A text in quotes, where it would be read as anything else without. */
function quoted(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What is asked in bulk, line by line. */
import { WhichattnError } from '../rules/index.ts';

/** Longer lines are refused one by one: no question is that long. */
export const LONGEST = 64 * 1024 * 1024;

/** What comes of a line, and whether it was no question. */
export interface Answered {
  readonly text: string;
  readonly wrong: boolean;
}

/** One line of input, or why it could not be taken. */
export type Line = { readonly text: string } | { readonly tooLong: true };

/** What a line holds. Throws where it is too long. */
export function textOf(line: Line): string {
  if ('text' in line) return line.text;
  throw new WhichattnError({ code: 'line-too-long', what: 'The line is longer than 64 MB' });
}

/** The name by which a line asks to be told apart, also where it is no question. */
export function idOf(value: unknown): string | undefined {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** What stands in the place of a line that is no question. */
export const noQuestion = (error: WhichattnError, id: string | undefined): Answered => ({
  text: JSON.stringify({ ...(id === undefined ? {} : { id }), error: error.toJSON() }),
  wrong: true,
});

/** The lines of a stream, without holding more than one of them. */
export async function* linesOf(stream: AsyncIterable<Buffer | string>, longest: number): AsyncGenerator<Line> {
  let isFirst = true;
  let held: Buffer[] = [];
  let size = 0;
  const take = (): Line => {
    const text = size > longest ? undefined : Buffer.concat(held).toString('utf8').replace(/\r$/, '');
    // some programs mark the beginning of what they write
    const own = isFirst ? text?.replace(/^\uFEFF/, '') : text;
    const line: Line = own === undefined ? { tooLong: true } : { text: own };
    isFirst = false;
    held = [];
    size = 0;
    return line;
  };
  const hold = (part: Buffer): void => {
    size += part.length;
    if (size <= longest) held.push(part);
    else held = [];
  };
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Buffer);
    let from = 0;
    for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
      hold(bytes.subarray(from, to));
      yield take();
      from = to + 1;
    }
    if (from < bytes.length) hold(bytes.subarray(from));
  }
  if (size > 0) yield take();
}

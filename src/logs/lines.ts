/** Cuts text that comes in pieces into lines, in bounded memory. */

/** A line, and where it stands: lines are counted as an editor does, so that what a progress bar overwrites has one number. */
export interface RawLine {
  readonly text: string;
  readonly number: number;
  /** Whether its end was cut off, since it is longer than the bound. */
  readonly cut: boolean;
  /** Whether the text ended within it, as far as is known. */
  readonly isOpen?: boolean;
}

/** A line longer than this, in UTF-16 units, is cut. */
export const LONGEST = 262_144;

/** Takes pieces of text in order and hands every line on once its end is seen; `end` hands on what is left. */
// oxlint-disable-next-line max-lines-per-function -- one function for what is held
export function createSplitter(take: (line: RawLine) => void, longest: number = LONGEST): Splitter {
  let held = '';
  let cut = false;
  let number = 1;
  const give = (text: string, isCut: boolean, isOpen = false): void => {
    // what overwrites itself is several lines of one number
    if (!text.includes('\r')) take({ text, number, cut: isCut, isOpen });
    else for (const part of text.split('\r')) if (part !== '') take({ text: part, number, cut: isCut, isOpen });
  };
  const hold = (text: string): void => {
    const room = longest - held.length;
    if (text.length > room) cut = true;
    held += text.length > room ? text.slice(0, room) : text;
  };
  return {
    write: (piece) => {
      let from = 0;
      for (let at = piece.indexOf('\n'); at !== -1; at = piece.indexOf('\n', from)) {
        if (held === '' && !cut && at - from <= longest) give(piece.slice(from, at), false);
        else {
          hold(piece.slice(from, at));
          give(held, cut);
          held = '';
          cut = false;
        }
        number += 1;
        from = at + 1;
      }
      if (from < piece.length) hold(piece.slice(from));
    },
    where: () => (cut ? 'beyond' : held === '' ? 'between' : 'within'),
    pass: (lines) => {
      number += lines;
      return number - 1;
    },
    end: () => {
      if (held !== '') {
        give(held, cut, true);
        // another file may follow
        number += 1;
      }
      held = '';
      cut = false;
    },
  };
}

export interface Splitter {
  readonly write: (piece: string) => void;
  /** Whether the next piece begins with a line, or goes on with one of which all is held that is. */
  readonly where: () => 'between' | 'within' | 'beyond';
  /** Counts lines that are passed over between others. */
  readonly pass: (lines: number) => number;
  readonly end: () => void;
}

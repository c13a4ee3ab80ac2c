/** Finds the errors in a log: the last line of a traceback, with what belongs to its words. */

/** An error as it is printed. */
export interface Raised {
  readonly type: string;
  text: string;
  readonly line: number;
}

/** Follows one process; every line of it goes in, in order. */
export interface ErrorFinder {
  /** Gives an error when its last line was seen. */
  readonly next: (text: string, line: number) => Raised | undefined;
  readonly end: () => Raised | undefined;
  /** Whether neither an error is open nor a traceback is gone through. */
  readonly isQuiet: () => boolean;
}

const LAST = /^((?:[A-Za-z_]\w*\.)*([A-Z]\w*))(?:: (.*))?$/;
/** What the web server says, between the lines of a traceback, too. */
const LEVEL = /^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL): {2,}/;
/** A line of a traceback that goes on behind an error's. */
const FRAME = /^ {2,}File "/;
/** How a command line is refused. */
const REFUSED = /^[\w./-]+(?: \w+)?: error: (.+)$/;
/** More of the words of an error than these lines, and these letters, are left out. */
const LONGEST = 40;
const MOST_LETTERS = 16_384;

export function createErrorFinder(): ErrorFinder {
  let inside = false;
  let open: Raised | undefined;
  let more = 0;
  const close = (): Raised | undefined => {
    const done = open;
    open = undefined;
    return done;
  };
  return {
    next: (text, line) => {
      if (LEVEL.test(text)) return undefined;
      if (open && /^ {2,}\S/.test(text) && !FRAME.test(text) && more < LONGEST) {
        open.text = `${open.text}\n${text.trim()}`.slice(0, MOST_LETTERS);
        more += 1;
        return undefined;
      }
      const done = close();
      if (text.startsWith('Traceback (most recent call last)')) inside = true;
      else if (inside) {
        const match = LAST.exec(text);
        if (match) {
          open = { type: match[2]!, text: match[3] ?? '', line };
          [inside, more] = [false, 0];
        }
      } else {
        const match = REFUSED.exec(text);
        if (match) open = { type: 'error', text: match[1]!, line };
      }
      return done;
    },
    end: close,
    isQuiet: () => !inside && open === undefined,
  };
}

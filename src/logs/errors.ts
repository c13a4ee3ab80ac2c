/** Finds the errors in a log: the last line of a traceback, with what belongs to its words. */

/** An error as it is printed. */
export interface Raised {
  readonly type: string;
  text: string;
  readonly line: number;
  /** Whether it is known to end where its text does. */
  ends: boolean;
}

/** Follows one process; every line of it goes in, in order. */
export interface ErrorFinder {
  /** Gives an error when its last line was seen. */
  readonly next: (text: string, line: number, ends: boolean) => Raised | undefined;
  readonly end: () => Raised | undefined;
  /** Whether an error is open whose words did not go on for many lines, up to this one, of whatever process. */
  readonly isOver: (line: number) => boolean;
  /** Whether neither an error is open nor a traceback is gone through. */
  readonly isQuiet: () => boolean;
}

const LAST = /^((?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*))(?:: (.*))?$/;
/** A class of Python's own, or of the program that runs, has no module before its name; nor has a word of something else. */
const BARE = /^[A-Z]/;
/** Of such a class the name alone is told from any word by how it ends. */
const NAMED = /(?:Error|Exception|Interrupt|Exit|Iteration|Warning|Group)$/;
/** An error that holds another one, from another process: that one's traceback follows. */
const HOLDS = /^[\w.]+\(\w+\): /;
const BEGINS = 'Traceback (most recent call last)';
/** A group of errors: each stands behind a line that goes down. */
const GROUP = /^ {2,}\+ Exception Group Traceback \(most recent call last\)/;
const PART = /^ {2,}\+-[-+]-{2,}(?: \d+ )?/;
const WITHIN = /^ {2,}\| ?/;
/** What the web server says, between the lines of a traceback, too. */
const LEVEL = /^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL): {2,}/;
/** A line of a traceback that goes on behind an error's. */
const FRAME = /^ {2,}File "/;
/** How a command line is refused. */
const REFUSED = /^[\w./-]+(?: \w+)?: error: (.+)$/;
/** How vLLM's own is: what it was asked for may be all that a log holds. */
const OWN = /^(?:vllm(?: serve)?|api_server\.py): error: /;
export const isRefused = (text: string): boolean => OWN.test(text);
/** More lines than this between the words of an error end it, where a log is not over. */
const AWAY = 64;
/** More of the words of an error than these lines, and these letters, are left out. */
const LONGEST = 40;
const MOST_LETTERS = 16_384;

/** What the last line of a traceback says; undefined where it is none. */
function lastOf(text: string, line: number, ends: boolean): Raised | undefined {
  const [, whole, type, words] = LAST.exec(text) ?? [];
  if (whole === undefined || type === undefined) return undefined;
  const isClass = whole !== type || (BARE.test(type) && (words !== undefined || NAMED.test(type)));
  // the name of a class may go on, too
  return isClass && (ends || words !== undefined) ? { type, text: words ?? '', line, ends } : undefined;
}

/** Where the error of a traceback may follow: in none, here, or not before its lines go on after others came between. */
type Inside = 'no' | 'here' | 'away';

/** Follows groups of errors: gives a line without what stands before it in one, or where a line of its own leaves one. */
function createGroup(): (
  printed: string,
) => { readonly text: string } | { readonly inside: Inside; readonly text?: string } {
  let isGroup = false;
  return (printed) => {
    if (GROUP.test(printed)) {
      isGroup = true;
      return { inside: 'here' };
    }
    if (!isGroup) return { text: printed };
    const [part] = PART.exec(printed) ?? [];
    if (part !== undefined) return { inside: part.endsWith(' ') ? 'here' : 'no' };
    isGroup = WITHIN.test(printed);
    return isGroup ? { text: printed.replace(WITHIN, '') } : { inside: 'no', text: printed };
  };
}

// oxlint-disable-next-line max-lines-per-function -- one function for what is open
export function createErrorFinder(): ErrorFinder {
  const group = createGroup();
  let inside: Inside = 'no';
  let open: Raised | undefined;
  let more = 0;
  const close = (): Raised | undefined => {
    const done = open;
    open = undefined;
    return done;
  };
  /** A line that is no more of the words of an error. */
  const take = (text: string, line: number, ends: boolean): void => {
    if (text.startsWith(BEGINS)) inside = 'here';
    else if (FRAME.test(text) && inside !== 'no') inside = 'here';
    else if (text.trim() === '' || (inside === 'here' && text.startsWith('  '))) return;
    else {
      open = inside === 'here' ? lastOf(text, line, ends) : undefined;
      if (open) [inside, more] = ['no', 0];
      else if (inside === 'here' && !HOLDS.test(text)) inside = 'away';
      if (open || inside === 'here') return;
      const refused = REFUSED.exec(text);
      if (refused) open = { type: 'error', text: refused[1]!, line, ends };
    }
  };
  return {
    next: (printed, line, ends) => {
      if (LEVEL.test(printed)) return undefined;
      const found = group(printed);
      if ('inside' in found) inside = found.inside;
      const { text } = found;
      if (text === undefined) return close();
      if (open && /^ {2,}\S/.test(text) && !FRAME.test(text) && more < LONGEST) {
        open.text = `${open.text}\n${text.trim()}`.slice(0, MOST_LETTERS);
        open.ends = ends;
        more += 1;
        return undefined;
      }
      const done = close();
      take(text, line, ends);
      return done;
    },
    end: () => {
      if (inside === 'here') inside = 'away';
      return close();
    },
    isOver: (line) => open !== undefined && line - (open.line + more) > AWAY,
    isQuiet: () => inside !== 'here' && open === undefined,
  };
}

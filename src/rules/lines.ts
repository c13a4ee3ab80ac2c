/**
 * Conditions as lines of text: short, and the same for the same condition wherever it stands among others. A line is a node:
 * its variable, then what follows of its values in their order.
 *
 *   number     capital letters and then a small one, as digits of 26: `a` is 0, `z` 25, `Ba` 26
 *   variable   a number: how far it is from the variable of the node above (from -1 at the top), 0 1 -1 2 -2 …
 *   follows    `0` no · `1` yes · a node · `-` and a number: the condition that stands so many lines before
 *   a run      before what follows of several values: `2` to `9`, `:` and a number, or `*` for all that are left
 */
import { NO, YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { damagedRules } from './error.ts';
import type { WhichattnError } from './error.ts';

const SMALL = 'a'.charCodeAt(0);
const LARGE = 'A'.charCodeAt(0);
const DIGITS = 26;

/** Writes a whole number from 0 on. */
function numberText(n: number): string {
  let text = String.fromCharCode(SMALL + (n % DIGITS));
  for (let left = Math.floor(n / DIGITS); left > 0; left = Math.floor(left / DIGITS))
    text = String.fromCharCode(LARGE + (left % DIGITS)) + text;
  return text;
}

/** A number of either sign as one from 0 on. */
const unsigned = (n: number): number => (n > 0 ? 2 * n - 1 : -2 * n);
const signed = (n: number): number => (n % 2 === 1 ? (n + 1) / 2 : n === 0 ? 0 : -n / 2);

/** A condition as it stands in a rule set: its variable, then what follows of each of its values, runs as [node, times]. */
export type NodeRow = readonly number[];

/** Writes the condition of a line. `row` gives a node, `lineOf` the line of one that has its own, and of this one `line`. */
export function lineText(
  c: Cond,
  line: number,
  row: (c: Cond) => NodeRow,
  lineOf: (c: Cond) => number | undefined,
): string {
  const follows = (kid: Cond, above: number): string => {
    if (kid === NO || kid === YES) return String(kid);
    const other = lineOf(kid);
    return other === undefined ? node(kid, above) : `-${numberText(line - other)}`;
  };
  const node = (at: Cond, above: number): string => {
    const [v, ...runs] = row(at);
    let text = numberText(unsigned(v! - above));
    for (let i = 0; i < runs.length; i += 2) {
      const times = runs[i + 1]!;
      const run = times === 1 ? '' : i + 2 === runs.length ? '*' : times < 10 ? String(times) : `:${numberText(times)}`;
      text += run + follows(runs[i]!, v!);
    }
    return text;
  };
  return node(c, -1);
}

/**
 * Makes a node, of whose values runs follow as [what, times], which stand in a list from one place up to another; gives the number
 * that stands for it. The list is used for other nodes afterwards.
 */
export type MakeNode = (variable: number, runs: readonly number[], from: number, to: number) => number;

/**
 * Reads lines: the text, which line it is, and what makes its nodes. What follows is 0, 1, what `make` gave for a node, or what
 * `before` gives for an earlier line. `sizeOf` says how many values a variable has. Throws where the text is no such line.
 */
// oxlint-disable-next-line max-lines-per-function -- functions that share one place in the text
export function lineReader(
  sizeOf: (variable: number) => number | undefined,
  before: (line: number) => number,
): (text: string, line: number, make: MakeNode) => number {
  let [text, line, at] = ['', 0, 0];
  let make: MakeNode;
  // the runs of the nodes that are being read, those inside others behind theirs
  const stack: number[] = [];
  let top = 0;
  const wrong = (why: string): WhichattnError =>
    damagedRules(`condition ${line}`, `${why}, at ${at} of ${JSON.stringify(text.slice(0, 80))}.`);
  const number = (): number => {
    let n = 0;
    for (;;) {
      const code = text.charCodeAt(at++);
      if (code >= SMALL && code < SMALL + DIGITS) return n * DIGITS + code - SMALL;
      if (!(code >= LARGE && code < LARGE + DIGITS) || n > MOST) throw wrong('There is no number');
      n = n * DIGITS + code - LARGE;
    }
  };
  const run = (left: number): number => {
    const code = text.charCodeAt(at);
    if (code > 0x31 && code <= 0x39) {
      at++;
      return code - 0x30;
    }
    if (code !== 0x2a && code !== 0x3a) return 1;
    at++;
    return code === 0x2a ? left : number();
  };
  const follows = (above: number, depth: number): number => {
    const code = text.charCodeAt(at);
    if (code === 0x30 || code === 0x31) return text.charCodeAt(at++) - 0x30;
    if (code !== 0x2d) return node(above, depth);
    at++;
    const far = number();
    if (far < 1 || far > line) throw wrong('There is no such line before it');
    return before(line - far);
  };
  const node = (above: number, depth: number): number => {
    const v = above + signed(number());
    const size = sizeOf(v);
    if (size === undefined) throw wrong(`There is no variable ${v}`);
    if (depth > DEEPEST) throw wrong('Too many nodes stand inside one another');
    const from = top;
    for (let left = size; left > 0;) {
      const times = run(left);
      if (times < 1 || times > left) throw wrong(`Variable ${v} has not so many values`);
      stack[top] = follows(v, depth + 1);
      stack[top + 1] = times;
      top += 2;
      left -= times;
    }
    const made = make(v, stack, from, top);
    top = from;
    return made;
  };
  return (ofText, ofLine, makeNode) => {
    text = ofText;
    line = ofLine;
    make = makeNode;
    at = 0;
    top = 0;
    if (typeof (text as unknown) !== 'string') throw damagedRules(`condition ${line}`, 'It is no text.');
    const made = node(-1, 0);
    if (at < text.length) throw wrong('Something stands after it');
    return made;
  };
}

/** No number in a line is larger. */
const MOST = 1e6;

/** So many nodes may stand inside one another. */
const DEEPEST = 2000;

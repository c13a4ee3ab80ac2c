/** Tells apart the servers that write into one stream, with nothing before their lines that says whose they are. */
import type { Json } from '../engine/index.ts';
import { configField } from './given.ts';
import type { Patterns } from './patterns.ts';
import { createStart, type StartReader } from './start.ts';
import type { Printed } from './printed.ts';

/** More servers than this that write at one time are not kept apart: the oldest is over. */
const MOST = 16;

export interface Servers {
  /** The start that a line of the formatter's is part of, which it may begin; undefined where that cannot be told. */
  readonly of: (printed: Printed, number: number) => StartReader | undefined;
  /** The start that any other line of a process is part of; undefined where that cannot be told. */
  readonly plain: (process: string, pid: string, number: number) => StartReader | undefined;
  /** The start that a command line which is refused is part of: one of its own where no other goes on. */
  readonly refused: (number: number) => StartReader | undefined;
  /** Whether a line of that process was part of a start. */
  readonly knows: (process: string, pid: string) => boolean;
  /** Whether, since this was asked last, another start began or one ended: another one may be the one that a process is part of. */
  readonly changed: () => boolean;
  /** Where no process of a start is in the middle of an error: the start that lines which say nothing are part of. */
  readonly quiet: () => StartReader | undefined;
  /** Whether all that the web servers say of themselves was said. */
  readonly isServed: () => boolean;
}

/** What the first lines of a server are: what a process says once of the server that it is, or is the engine of. */
export type Opening = 'arguments' | 'config' | 'release' | undefined;

/** Begins with no server. `begun` is told of every start, in order. */
export function createServers(patterns: Patterns, service: string, begun: (start: StartReader) => void): Servers {
  /** The starts that a line can be of, oldest first. */
  let live: readonly StartReader[] = [];
  const isOther = createWatch();
  const begin = (number: number): StartReader => {
    const start = createStart(patterns, service, number);
    live = [...live, start].slice(-MOST);
    begun(start);
    return start;
  };
  const ownerOf = (process: string, pid: string): StartReader | undefined =>
    process === '' ? unnamed(live) : live.findLast((start) => start.knows(process, pid));
  return {
    of: (printed, number) => {
      const said = openingOf(patterns, printed);
      let own = ownerOf(printed.process, printed.pid);
      // what an engine says that it is can tell whose it is, where nothing told before
      if (own !== undefined && said.is === 'config' && own.isStray()) {
        live = live.filter((start) => start !== own);
        own = fitting(live, printed, said) ?? own;
        live = live.includes(own) ? live : [...live, own];
        return own;
      }
      // of what cannot be told apart nothing is kept but errors
      if (printed.process === '' && said.is === undefined && live.length > 1 && (own === undefined || own.isStray()))
        return undefined;
      if (own === undefined) return fitting(live, printed, said) ?? begin(number);
      if (!own.isBegunAgain(printed, said)) return own;
      // a process of that number is another one now; a process that does not tell its number may be any
      if (printed.pid !== '' && own.isHeadedBy(printed.process, printed.pid))
        live = live.filter((start) => start !== own);
      return (said.is === 'config' ? fitting(live, printed, said) : undefined) ?? begin(number);
    },
    plain: (process, pid, number) => {
      if (process !== '') return ownerOf(process, pid) ?? (live.length === 1 ? live[0] : undefined);
      return live.length === 0 ? undefined : (unnamed(live) ?? begin(number));
    },
    refused: (number) => (live.length === 0 ? begin(number) : unnamed(live)),
    knows: (process, pid) => live.some((start) => start.knows(process, pid)),
    changed: () => isOther(live),
    quiet: () => (live.every((start) => start.isQuiet()) ? live.at(-1) : undefined),
    isServed: () => live.every((start) => start.isServed()),
  };
}

/** Tells whether what it is given is another thing than the last time. */
function createWatch(): (now: unknown) => boolean {
  let before: unknown;
  return (now) => {
    const is = now !== before;
    before = now;
    return is;
  };
}

/**
 * The start that a line is of which says nothing of its process. Any process prints such: of the newest server, unless another
 * one is seen to go on beside it, or asked for something else and has no engine as yet. What cannot be told is of no server.
 */
function unnamed(live: readonly StartReader[]): StartReader | undefined {
  if (live.length < 2) return live[0];
  const servers = live.filter((start) => !start.isStray());
  const newest = servers.at(-1);
  const isAlone = newest !== undefined && servers.every((start) => start === newest || !isBeside(start, newest));
  return isAlone ? newest : live.findLast((start) => start.isStray() && start.knows('', ''));
}

const isBeside = (start: StartReader, newest: StartReader): boolean =>
  start.isBeside(newest) ||
  (start.isBooting() && !start.hasEngine() && start.given() !== null && !isSame(start.given(), newest.given()));

function openingOf(patterns: Patterns, printed: Printed): { readonly is: Opening; readonly text: string } {
  const holes = patterns.line(printed.file, printed.message, null)?.holes;
  if (holes?.['config'] !== undefined) return { is: 'config', text: holes['config'] };
  if (holes?.['arguments'] !== undefined) return { is: 'arguments', text: holes['arguments'] };
  const isRelease = holes?.['release'] !== undefined && Object.keys(holes).length === 1;
  return { is: isRelease ? 'release' : undefined, text: '' };
}

type Said = ReturnType<typeof openingOf>;

/**
 * The start that a process belongs to of which nothing was seen before. Numbers of processes do not tell which one started which: it
 * is the only start that lacks such a process, or the only one that was asked for what the engine says that it is. Where several were
 * asked for the same it makes no difference; where they were not, undefined.
 */
function fitting(live: readonly StartReader[], printed: Printed, said: Said): StartReader | undefined {
  const isAlone = said.is === undefined && live.length === 1;
  const lacking = live.filter((start) => start.lacks(printed, said, isAlone));
  // an error need not end what prints it: what goes on in a stream of one server is that server's
  if (isAlone) return lacking[0];
  const withEngine = lacking.filter((start) => start.hasEngine());
  if (said.is === undefined && withEngine.length === 1) return withEngine[0];
  const booting = lacking.filter((start) => start.isBooting());
  const left = booting.length > 0 ? booting : lacking;
  if (left.length < 2) return left[0];
  if (said.is === 'config') {
    const against = left.map((start) => mismatches(start, left, said.text));
    const least = Math.min(...against);
    if (against.filter((one) => one === least).length === 1) return left[against.indexOf(least)];
  }
  const newest = left.at(-1)!;
  return left.every((start) => isSame(start.given(), newest.given())) ? newest : undefined;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** How many of the values that one of several starts was given, and which an engine prints, are not what this start was given. */
function mismatches(start: StartReader, all: readonly StartReader[], config: string): number {
  const names = new Set(all.flatMap((one) => Object.keys(one.given() ?? {})));
  return [...names].filter((name) => {
    const printed = configField(config, name);
    const own = start.given()?.[name];
    // what has parts is printed in another way than it is given
    if (printed === undefined || all.some((one) => Object(one.given()?.[name]) === one.given()?.[name])) return false;
    const is = (given: Json | undefined): boolean => given !== undefined && asPrinted(given) === printed;
    // what is not given is as the release has it, and that is not what another one had to ask for
    return own === undefined ? all.some((one) => is(one.given()?.[name])) : !is(own);
  }).length;
}

/** As an engine prints what it was given. */
function asPrinted(value: Json): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  return typeof value === 'object' ? '' : `${value}`.replace(/^torch\./, '');
}

/** Reads a log line by line and keeps what it shows, in bounded memory. */
import { isRefused } from './errors.ts';
import { createSplitter, LONGEST, type RawLine, type Splitter } from './lines.ts';
import type { LogObservation, Start } from './observation.ts';
import type { Patterns } from './patterns.ts';
import { createSkimmer, lineEnd } from './skim.ts';
import { createServers, type Servers } from './servers.ts';
import type { StartReader } from './start.ts';
import { createJoiner } from './pieces.ts';
import { type Plain, plainLine, printedLine } from './printed.ts';
import { type Unwrapped, unwrap } from './wrappers.ts';

/** More starts than this in one file are not kept apart, nor services: the oldest go. */
const MOST = 1000;

export interface Observer extends Pick<Splitter, 'write' | 'end'> {
  /**
   * Passes over lines of UTF-8 of which nothing would be kept, from a byte on: gives the first byte that is to be written. Where what
   * was written ends within a line it passes over none.
   */
  readonly pass: (bytes: Uint8Array, from: number) => number;
  /** What was seen up to here; where more may come, without an error whose words may go on. */
  readonly seen: (isOver?: boolean) => LogObservation;
}

/** Takes a log in pieces, in order; lines longer than the bound are cut. */
// oxlint-disable-next-line max-lines-per-function -- one function for all that goes on with a log
export function createObserver(patterns: Patterns, longest: number = LONGEST): Observer {
  const done: StartReader[] = [];
  const services = new Map<string, Servers>();
  const counts = { lines: 0, cut: 0 };
  const serversOf = (service: string): Servers => {
    let servers = services.get(service);
    if (!servers) {
      if (services.size >= MOST) services.delete([...services.keys()][0]!);
      services.set(
        service,
        (servers = createServers(patterns, service, (start) => {
          done.push(start);
          if (done.length > MOST) done.shift();
        })),
      );
    }
    return servers;
  };
  const prefixed = createPrefixed((service, { process, pid }) => services.get(service)?.knows(process, pid) === true);
  const skimmer = createSkimmer(patterns.files());
  const take = ({ text: raw, number, cut, isOpen = false }: RawLine): void => {
    counts.lines = number;
    if (cut) counts.cut += 1;
    const { service, text, beside, error = [] } = unwrap(raw);
    // what stands in quotes is whole
    const ends = !isOpen || !raw.endsWith(text);
    const printed = printedLine(text);
    // a formatter that puts nothing before a line puts nothing before another one
    if (printed && beside?.isCertain && service !== beside.service && services.has(beside.service)) return;
    if (printed) {
      if (beside && service !== beside.service) prefixed.note(beside, service);
      const servers = serversOf(service);
      const start = servers.of(printed, number);
      start?.line(printed, number, { cut, ends });
      for (const message of error) start?.plain({ ...printed, rank: '', message }, number, true);
      // what stands before a line of another service is not skimmed
      if (service !== '') return;
      if (servers.changed()) skimmer.forget();
      const tag = text.startsWith('(') ? text.slice(0, text.indexOf(')') + 1) : '';
      if (start && text === raw && (tag === '') === (printed.process === '')) skimmer.know(tag);
      return;
    }
    const line = plainLine(text);
    if (isRefused(line.message)) return serversOf(service).refused(number)?.plain(line, number, ends);
    const owner = services.has(service) ? service : prefixed.of(service, line);
    const servers = owner === undefined ? undefined : services.get(owner);
    servers?.plain(line.process, line.pid, number)?.plain(line, number, ends);
  };
  const splitter = createSplitter(createJoiner(take, longest), longest);
  return {
    write: splitter.write,
    end: splitter.end,
    pass: (bytes, from) => {
      const where = splitter.where();
      if (where === 'beyond') return lineEnd(bytes, from);
      // lines that are passed over are of no other service
      const servers = services.get('');
      const start = servers?.quiet();
      if (where === 'within' || !servers || !start) return from;
      if (servers.changed()) skimmer.forget();
      const { at, lines } = skimmer.skim(bytes, from, { served: servers.isServed(), longest });
      if (lines === 0) return at;
      counts.lines = splitter.pass(lines);
      start.passed(counts.lines);
      return at;
    },
    seen: (isOver = true) => {
      const starts: Start[] = done.map((start) => start.seen(isOver)).filter((start) => start !== undefined);
      return { starts, ...counts, isLog: done.length > 0 };
    },
  };
}

/** Keeps what formatters put before lines, so that the lines without it find those whose processes print them. */
function createPrefixed(knows: (service: string, line: Plain) => boolean): {
  readonly note: (beside: NonNullable<Unwrapped['beside']>, service: string) => void;
  /** The only service whose formatter puts words before its lines, if the line can be one of its processes'. */
  readonly of: (beside: string, line: Plain) => string | undefined;
} {
  const all = new Map<string, Map<string, boolean>>();
  return {
    note: ({ service: beside, isCertain }, service) => {
      const own = all.get(beside) ?? new Map<string, boolean>();
      if (own.size < 2 || own.has(service)) own.set(service, isCertain || own.get(service) === true);
      if (all.size < MOST) all.set(beside, own);
    },
    of: (beside, line) => {
      const [[service, isCertain] = [], another] = all.get(beside) ?? [];
      if (service === undefined || another !== undefined) return undefined;
      return isCertain === true || (line.process !== '' && knows(service, line)) ? service : undefined;
    },
  };
}

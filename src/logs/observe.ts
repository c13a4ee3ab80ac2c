/** Reads a log line by line and keeps what it shows, in bounded memory. */
import { createSplitter, type RawLine, type Splitter } from './lines.ts';
import type { LogObservation, Start } from './observation.ts';
import type { Patterns } from './patterns.ts';
import { createStart, type StartReader } from './start.ts';
import { plainLine, printedLine, unwrap } from './wrappers.ts';

/** More starts than this in one file are not kept apart: the oldest go. */
const MOST = 1000;

export interface Observer extends Splitter {
  /** What was seen up to here. */
  readonly seen: () => LogObservation;
}

/** Takes a log in pieces, in order; lines longer than the bound are cut. */
export function createObserver(patterns: Patterns, longest?: number): Observer {
  const done: StartReader[] = [];
  const current = new Map<string, StartReader>();
  const counts = { lines: 0, cut: 0 };
  const startOf = (service: string, line: number): StartReader => {
    let start = current.get(service);
    if (!start) {
      current.set(service, (start = createStart(patterns, service, line)));
      done.push(start);
      if (done.length > MOST) done.shift();
    }
    return start;
  };
  const take = ({ text: raw, number, cut }: RawLine): void => {
    counts.lines = number;
    if (cut) counts.cut += 1;
    const { service, text } = unwrap(raw);
    const printed = printedLine(text);
    if (!printed) {
      current.get(service)?.plain(plainLine(text), number);
      return;
    }
    if (current.get(service)?.endsBefore(printed)) current.delete(service);
    startOf(service, number).line(printed, number, cut);
  };
  const splitter = createSplitter(take, longest);
  return {
    ...splitter,
    seen: () => {
      const starts: Start[] = done.map((start) => start.seen()).filter((start) => start !== undefined);
      return { starts, ...counts, isLog: done.length > 0 };
    },
  };
}

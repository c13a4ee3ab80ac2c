/** Keeps what one start of vLLM shows of itself. */
import { takeChoice } from './choice.ts';
import { createErrorFinder, type Raised } from './errors.ts';
import { takeArguments, takeConfig, takeCut } from './given.ts';
import { type Kept, LONGEST, MOST, note, nothingKept, type Process, type Took } from './kept.ts';
import { keepError } from './kepterrors.ts';
import type { Start } from './observation.ts';
import type { Patterns } from './patterns.ts';
import type { Printed } from './wrappers.ts';

export interface StartReader {
  /** Whether a line belongs to a start that comes after this one. */
  readonly endsBefore: (printed: Printed) => boolean;
  readonly line: (printed: Printed, number: number, cut: boolean) => void;
  readonly plain: (
    line: { readonly process: string; readonly pid: string; readonly message: string },
    number: number,
  ) => void;
  /** Lines up to this one were passed over, since nothing is kept of them. */
  readonly passed: (number: number) => void;
  /** Whether no process is in the middle of an error. */
  readonly isQuiet: () => boolean;
  /** Whether the web server was up and answered, or the start failed: what it says then is not kept. */
  readonly isServed: () => boolean;
  /** Undefined where nothing of a start was seen. An error whose words may go on is part of it where the log `isOver`. */
  readonly seen: (isOver: boolean) => Start | undefined;
}

/** Begins to read a start. */
// oxlint-disable-next-line max-lines-per-function -- one function for everything that a start takes in
export function createStart(patterns: Patterns, service: string, first: number): StartReader {
  const kept = nothingKept(first);
  const processes = new Map<string, Process>();
  const processOf = (process: string, pid: string): Process => {
    const key = `${process} ${pid}`;
    let known = processes.get(key);
    if (!known) {
      known = {
        counts: new Map(),
        errors: createErrorFinder(),
        candidates: undefined,
        last: undefined,
        drafter: false,
      };
      if (processes.size < MOST) processes.set(key, known);
    }
    return known;
  };
  const raised = (error: Raised | undefined, process: string): void => {
    if (error) keepError(kept, patterns, error, process);
  };
  return {
    endsBefore: (printed) => begins(kept, patterns, printed),
    line: (printed, number, cut) => {
      kept.last = number;
      const process = processOf(printed.process, printed.pid);
      if (printed.level === 'ERROR') raised(process.errors.next(printed.message, number), printed.process);
      else raised(process.errors.end(), printed.process);
      if (cut && printed.message.length > LONGEST * 4) return takeCut(kept, printed, number, patterns);
      const met = patterns.line(printed.file, printed.message, kept.release);
      if (met) takeLine(kept, patterns, { met, printed, number, process });
    },
    plain: ({ process, pid, message }, number) => {
      kept.last = number;
      raised(processOf(process, pid).errors.next(message, number), process);
      if (kept.reached === 'failed') return;
      if (message.startsWith('INFO:     ')) takeServed(kept, message, number);
    },
    passed: (number) => {
      kept.last = number;
    },
    isQuiet: () => [...processes.values()].every(({ errors }) => errors.isQuiet()),
    isServed: () => kept.reached === 'completed' || kept.reached === 'failed',
    seen: (isOver) => {
      if (!isOver) return isSeen(kept) ? shown(kept, service, first) : undefined;
      for (const [key, { errors }] of processes) raised(errors.end(), key.split(' ')[0]!);
      return isSeen(kept) ? shown(kept, service, first) : undefined;
    },
  };
}

/** A start is one where something is said of it, and not a line alone in vLLM's form. */
const isSeen = ({ said, selections, errors, argued, configs, dead, unknown }: Kept): boolean =>
  said.size + selections.size + errors.size + configs.size + dead.size + unknown.size > 0 || argued;

/** Whether a line is the first of another start: what is said once a start is said again. */
function begins(kept: Kept, patterns: Patterns, printed: Printed): boolean {
  if (!kept.argued && kept.configs.size === 0) return false;
  const holes = patterns.line(printed.file, printed.message, null)?.holes;
  if (!holes) return false;
  if ('config' in holes) return kept.configs.has(`${printed.process} ${printed.pid}`) || isOver(kept, printed);
  if ('arguments' in holes) return kept.argued || kept.configs.size > 0;
  return 'release' in holes && Object.keys(holes).length === 1 && (kept.argued || kept.configs.size > 0);
}

/** Whether an engine of the same name was there before and a start has come to its end. */
const isOver = ({ configs, reached }: Kept, { process }: Printed): boolean =>
  reached !== 'boot' && [...configs].some((key) => key.split(' ')[0] === process);

function takeLine(kept: Kept, patterns: Patterns, took: Took): void {
  const { met, printed, number, process } = took;
  const { pattern, holes } = met;
  for (const [field, value] of Object.entries(pattern.says ?? {})) sayField(kept, took, field, value);
  if (holes['release'] !== undefined) {
    kept.release ??= holes['release'];
    note(kept, 'release', holes['release'], number);
  }
  if (holes['config'] !== undefined) takeConfig(kept, printed, holes['config'], number);
  if (holes['arguments'] !== undefined) takeArguments(kept, holes['arguments'], number);
  if (holes['variable'] !== undefined && kept.dead.size < MOST) kept.dead.add(holes['variable']);
  for (const field of ['blockSize', 'flashAttentionVersion', 'kvCacheLayout', 'cudagraphMode'] as const)
    if (holes[field] !== undefined)
      sayField(kept, took, field, /^\d+$/.test(holes[field]) ? Number(holes[field]) : holes[field]);
  if (pattern.of !== undefined) takeChoice(kept, patterns, { met, printed, number, process });
}

function sayField(kept: Kept, { process, met, number }: Took, field: string, value: string | number): void {
  if (field === 'reached') {
    if (kept.reached === 'boot') kept.reached = 'ready';
    note(kept, 'ready', 1, number);
  } else if (field === 'role') process.drafter = true;
  else if (field === 'forces')
    kept.forces.set(String(value), met.pattern.at.includes('/models/') ? 'model' : 'platform');
  else if (field !== 'backend')
    note(kept, field, typeof value === 'string' ? value.replace(/^\w+\./, '') : value, number);
}

/** What the web server says: that it is up, that a request was answered. */
function takeServed(kept: Kept, message: string, number: number): void {
  if (/^INFO: {5}Application startup complete\.\s*$/.test(message)) {
    if (kept.reached === 'boot') kept.reached = 'ready';
    note(kept, 'ready', 1, number);
  } else if (/^INFO: {5}\S+ - "POST \/v\d+\/\S+ HTTP\/[\d.]+" 200\b/.test(message)) {
    if (kept.reached !== 'completed') note(kept, 'completed', 1, number);
    kept.reached = 'completed';
  }
}

/** Who set a block size, where the log prints what was given. */
function setter({ given }: Kept, size: number | null): Start['blockSizeBy'] {
  if (size === null || given === null) return null;
  return given['block_size'] === size ? 'user' : 'release';
}

function shown(kept: Kept, service: string, first: number): Start {
  const text = (field: string): string | null => {
    const value = kept.said.get(field)?.value;
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const number = (field: string): number | null => {
    const value = kept.said.get(field)?.value;
    return typeof value === 'number' ? value : null;
  };
  const isUp = kept.reached === 'ready' || kept.reached === 'completed';
  return {
    service: service === '' ? null : service,
    firstLine: first,
    lastLine: kept.last,
    release: kept.release,
    model: kept.model,
    arguments: kept.given,
    selections: [...kept.selections.values()],
    flashAttentionVersion: number('flashAttentionVersion'),
    mlaPrefill: text('mlaPrefill'),
    vit: text('vit'),
    kvCacheLayout: text('kvCacheLayout'),
    kvCacheDtype: text('kvCacheDtype'),
    dtype: text('dtype'),
    device: text('device'),
    blockSize: number('blockSize'),
    blockSizeBy: setter(kept, number('blockSize')),
    // what is effective is settled when graphs are captured, not before
    cudagraphMode: { asked: kept.asked ?? text('configured'), effective: isUp ? text('cudagraphMode') : null },
    modelRunner: text('modelRunner'),
    speculative: text('speculative'),
    deadVariables: [...kept.dead],
    errors: [...kept.errors.values()],
    unknownNames: [...kept.unknown],
    reached: kept.reached,
    lines: Object.fromEntries(
      [...kept.said].filter(([field]) => field !== 'configured').map(([field, { line }]) => [field, line]),
    ),
  };
}

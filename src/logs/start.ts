/** Keeps what one start of vLLM shows of itself. */
import { takeChoice } from './choice.ts';
import { createErrorFinder, type Raised } from './errors.ts';
import { takeArguments, takeConfig, takeCut } from './given.ts';
import { type Kept, LONGEST, MOST, note, noteName, nothingKept, type Process, type Took } from './kept.ts';
import { keepError } from './kepterrors.ts';
import type { Start } from './observation.ts';
import { type Patterns, wholeOf } from './patterns.ts';
import type { Opening } from './servers.ts';
import type { Plain, Printed } from './printed.ts';

/** What one process of a server says of it. */
const SAID = ['config', 'arguments', 'release'];
/** How the name of a process ends that is one of several, each with a name of its own. */
const RANK = /\d$/;

export interface StartReader {
  /** Whether a line of that process was part of it. */
  readonly knows: (process: string, pid: string) => boolean;
  /** Whether a line of a process that it knows is the first of another start: what is said once a start is said again. */
  readonly isBegunAgain: (printed: Printed, said: { readonly is: Opening }) => boolean;
  /** Whether a process that it does not know can be one of its own, by what it says. */
  readonly lacks: (printed: Printed, said: { readonly is: Opening }, isAlone: boolean) => boolean;
  /** Whether it is this process that said what it was asked for, or what it is configured as. */
  readonly isHeadedBy: (process: string, pid: string) => boolean;
  /** Whether a process of it that says its name said something after another start began. */
  readonly isBeside: (other: { readonly first: number }) => boolean;
  /** The line that begins it. */
  readonly first: number;
  /** Whether it neither came up nor failed as yet. */
  readonly isBooting: () => boolean;
  /** Whether none of its processes said what it is, or what it was asked for. */
  readonly isStray: () => boolean;
  /** Whether an engine said what it was configured as. */
  readonly hasEngine: () => boolean;
  /** What was given on the command line or to the constructor; null where it is not printed. */
  readonly given: () => Kept['given'];
  /** Takes in a line: whether it is cut, and whether it is known to end where its text does. */
  readonly line: (printed: Printed, number: number, is: { readonly cut: boolean; readonly ends: boolean }) => void;
  readonly plain: (line: Plain, number: number, ends: boolean) => void;
  /** Lines up to this one were passed over, since nothing is kept of them. */
  readonly passed: (number: number) => void;
  /** Whether no process is in the middle of an error. */
  readonly isQuiet: () => boolean;
  /** Whether the web server was up and answered, or the start failed: what it says then is not kept. */
  readonly isServed: () => boolean;
  /**
   * Undefined where nothing of a start was seen. An error whose words may go on is part of it where the log `isOver`, or where they did
   * not go on for long.
   */
  readonly seen: (isOver: boolean) => Start | undefined;
}

/** Begins to read a start. */
// oxlint-disable-next-line max-lines-per-function -- one function for everything that a start takes in
export function createStart(patterns: Patterns, service: string, first: number): StartReader {
  const kept = nothingKept(first);
  const processes = new Map<string, Process>();
  /** Processes of a name of which a server has one. */
  const heads = new Set<string>();
  /** The last line of a process that says its name. */
  let named = first;
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
      if (RANK.test(process)) heads.add(key);
    }
    return known;
  };
  const raised = (error: Raised | undefined, process: string): void => {
    if (error) keepError(kept, patterns, error, process);
  };
  return {
    knows: (process, pid) => processes.has(`${process} ${pid}`),
    isBegunAgain: ({ process, pid }, { is }) =>
      is === 'config'
        ? kept.configs.has(`${process} ${pid}`) || isOver(kept, process)
        : is !== undefined && (isAsked(kept) || isOther(kept, process, pid)),
    lacks: (printed, { is }, isAlone) => (isAlone || !isEnded(kept, is)) && lacks(kept, heads, printed, is),
    isHeadedBy: (process, pid) => kept.server === `${process} ${pid}` || kept.configs.has(`${process} ${pid}`),
    isBeside: (other) => named > other.first,
    first,
    isBooting: () => kept.reached === 'boot',
    isStray: () => !isAsked(kept) && kept.release === null,
    hasEngine: () => kept.configs.size > 0,
    given: () => kept.given,
    line: (printed, number, { cut, ends }) => {
      kept.last = number;
      if (printed.process !== '') named = number;
      const process = processOf(printed.process, printed.pid);
      if (printed.level === 'ERROR') raised(process.errors.next(printed.message, number, ends), printed.process);
      else raised(process.errors.end(), printed.process);
      if (cut && printed.message.length > LONGEST * 4) return takeCut(kept, printed, number, patterns);
      const met = wholeOf(patterns.line(printed.file, printed.message, kept.release), ends);
      if (!met) return;
      const said = SAID.filter((hole) => met.holes[hole] !== undefined);
      if (said.length > 0) heads.add(`${printed.process} ${printed.pid}`);
      // an engine says its release, too
      if (said.length === 1 && said[0] !== 'config') kept.server ??= `${printed.process} ${printed.pid}`;
      takeLine(kept, patterns, { met, printed, number, process });
    },
    plain: ({ process, pid, rank, message }, number, ends) => {
      kept.last = number;
      const own = processOf(process, pid);
      // ranks that print into each other's errors say which line is whose
      const { errors } = rank === '' ? own : processOf(process, `${pid} rank${rank}`);
      raised(errors.next(message, number, ends), process);
      if (message.startsWith('INFO:     ')) takeServed(kept, message, number);
    },
    passed: (number) => {
      kept.last = number;
    },
    isQuiet: () => [...processes.values()].every(({ errors }) => errors.isQuiet()),
    isServed: () => kept.reached === 'completed' || kept.reached === 'failed',
    seen: (isOver) => {
      for (const [key, { errors }] of processes)
        if (isOver || errors.isOver(kept.last)) raised(errors.end(), key.split(' ')[0]!);
      return isSeen(kept) ? shown(kept, service, first) : undefined;
    },
  };
}

/** A start is one where something is said of it, and not a line alone in vLLM's form. */
const isSeen = ({ said, selections, errors, argued, configs, dead, unknown }: Kept): boolean =>
  said.size + selections.size + errors.size + configs.size + dead.size + unknown.size > 0 || argued;

/** Whether a server said what it was asked for, or its engine what it is. */
const isAsked = ({ argued, configs }: Kept): boolean => argued || configs.size > 0;

/** Whether the server is another process than this one. */
const isOther = ({ server }: Kept, process: string, pid: string): boolean =>
  server !== null && server !== `${process} ${pid}`;

/** Whether an engine of the same name was there before and a start has come to its end. */
const isOver = ({ configs, reached }: Kept, process: string): boolean =>
  reached !== 'boot' && [...configs].some((key) => key.split(' ')[0] === process);

/** Whether a start has failed, and not only had an error before there was an engine. */
const isEnded = ({ reached, configs }: Kept, is: Opening): boolean =>
  reached === 'failed' && (configs.size > 0 || is === 'arguments' || is === 'release');

/**
 * Whether a process that was not seen before can be part of a start: a server has one that is called as those are that say what
 * they are, and one of each rank; of other names it can have several.
 */
function lacks(kept: Kept, heads: ReadonlySet<string>, { process, pid }: Printed, is: Opening): boolean {
  if ((is === 'arguments' || is === 'release') && (isAsked(kept) || isOther(kept, process, pid))) return false;
  return process === '' || ![...heads].some((key) => key.split(' ')[0] === process);
}

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
  if (holes['variable'] !== undefined) noteName(kept, 'deadVariables', holes['variable'], number);
  for (const field of ['blockSize', 'flashAttentionVersion', 'kvCacheLayout', 'cudagraphMode'] as const)
    if (holes[field] !== undefined)
      sayField(kept, took, field, /^\d+$/.test(holes[field]) ? Number(holes[field]) : holes[field]);
  if (pattern.of !== undefined) takeChoice(kept, patterns, { met, printed, number, process });
}

function sayField(kept: Kept, { process, met, number }: Took, field: string, value: string | number): void {
  if (field === 'reached') {
    comeUp(kept, number);
  } else if (field === 'role') process.drafter = true;
  else if (field === 'forces')
    kept.forces.set(String(value), met.pattern.at.includes('/models/') ? 'model' : 'platform');
  else if (field !== 'backend')
    note(kept, field, typeof value === 'string' ? value.replace(/^\w+\./, '') : value, number);
}

/** A start that comes up was not ended by an error that it printed before. */
function comeUp(kept: Kept, number: number): void {
  if (kept.reached !== 'completed') kept.reached = 'ready';
  note(kept, 'ready', 1, number);
}

/** A request that was answered, by its path without what is asked of it. */
const POSTED = /^INFO: {5}\S+ - "POST (\/[^\s?]*)(?:\?\S*)? HTTP\/[\d.]+" 200\b/;
/**
 * The paths whose answers are the engine's, behind those of a server before it: others answer without one, as what makes a prompt or
 * counts its tokens. As the routers below vllm/entrypoints name them.
 */
const ANSWERED =
  /\/(?:v\d+\/(?:chat\/completions(?:\/batch)?|completions|embeddings|embed|responses|messages|audio\/(?:transcriptions|translations)|decisions|systemone)|cohere\/v\d+\/chat|generate|generative_scoring|pooling|score|rerank|classify|invocations)$/;

/** What the web server says: that it is up, that a request was answered. */
function takeServed(kept: Kept, message: string, number: number): void {
  if (/^INFO: {5}Application startup complete\.\s*$/.test(message)) {
    comeUp(kept, number);
  } else if (ANSWERED.test(POSTED.exec(message)?.[1] ?? '')) {
    if (kept.reached === 'failed') return;
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
    errors: [...kept.errors.values()].toSorted((one, other) => one.line - other.line),
    unknownNames: [...kept.unknown],
    reached: kept.reached,
    lines: Object.fromEntries(
      [...kept.said].filter(([field]) => field !== 'configured').map(([field, { line }]) => [field, line]),
    ),
  };
}

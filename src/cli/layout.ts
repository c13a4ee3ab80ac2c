/** Lays a decision out as text: the headline first, then what a reader asks next. */
import type {
  AskedBlockSize,
  Candidate,
  Change,
  Decision,
  DecisionError,
  Limit,
  LogLine,
  Possible,
  Reason,
  UsedFact,
  Winner,
} from '../engine/index.ts';
import { releaseShown } from '../engine/index.ts';
import { builderLines, importLines, invarianceLines } from './builderlayout.ts';
import { placesOf, SHORT, shown } from './shown.ts';
import { columns, styled } from './style.ts';

export interface LayoutOptions {
  /** The command that gives this answer again. */
  readonly command: string;
  /** Everything, not only what decides. */
  readonly all: boolean;
}

/** The whole answer, in lines. */
export function decisionLines(decision: Decision, { command, all }: LayoutOptions): string[] {
  return [
    styled('dim', `$ ${command}`),
    '',
    ...headline(decision),
    ...errorLines(decision.error),
    ...section('Possible answers', possibleLines(decision, all)),
    ...section('What would settle it', needLines(decision, all)),
    ...(hasCandidates(decision) ? section(funnel(decision), candidateLines(decision, all)) : []),
    ...section('What follows', followLines(decision)),
    ...section('What its metadata builder settles', builderLines(decision, all)),
    ...section('vLLM will print', decision.logs.map(logLine)),
    ...section('What would change it', changeLines(decision, all)),
    ...section(all ? 'What it rests on' : 'What decides', factLines(decision, all)),
    ...(all ? section('Batch invariance', invarianceLines(decision.batchInvariance)) : []),
    ...(all ? section('When the platform is imported', importLines(decision.atImport)) : []),
    ...section('Other installs', variantLines(decision)),
    ...section(
      'To know',
      decision.notes.filter(({ code }) => code !== 'variant').map(({ text }) => `  ${text}`),
    ),
  ];
}

export const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', styled('bold', title), ...lines];

/** Whether there is anything to choose from: a layer that tells its backend by its kind has no other. */
const hasCandidates = ({ candidates, winner }: Decision): boolean => candidates.length > 0 && winner?.how !== 'layer';

/** What will happen, in one sentence, with the counts. */
function headline({ headline: head, candidates, winner, needs, possible, funnel: funnelled }: Decision): string[] {
  const where = `vLLM ${releaseShown(head.release)}${head.device === null ? '' : ` on ${head.device}`}`;
  if (head.outcome === 'refused') return [`${styled(['bold', 'red'], 'refused')}  ${where} would not start.`];
  if (head.outcome === 'unknown') {
    const names = [...new Set(possible.flatMap(({ backend }) => backend ?? []))];
    const refused = possible.some(({ backend }) => backend === null) ? ['a refusal'] : [];
    const answers = answersOf([...names, ...refused], false);
    const facts = needs.length === 1 ? 'One fact decides.' : `${needs.length} facts decide.`;
    return [`${styled(['bold', 'yellow'], 'it depends')}  ${where}: ${answers}. ${facts}`];
  }
  const flash = head.flashAttention === null ? '' : ` with FlashAttention ${head.flashAttention}`;
  const how = howWords(winner?.how, funnelled);
  const alternatives = candidates.filter(({ status }) => status === 'out-ranked' || status === 'would-work').length;
  const others =
    winner?.how === 'layer'
      ? 'It asks for no other.'
      : alternatives === 0
        ? 'Nothing else would work.'
        : `${alternatives} other${alternatives === 1 ? '' : 's'} would work too.`;
  return [`${styled(['bold', 'green'], winner === null ? '' : nameOf(winner))}${flash}  ${where}: ${how}. ${others}`];
}

/** A backend by its name; a class that no backend stands for by the name that it gives itself. */
const nameOf = ({ backend, name }: Winner): string =>
  backend.includes('.') && name !== null ? `${name} (${backend.slice(backend.lastIndexOf('.') + 1)})` : backend;

/** How a backend came to be chosen. */
export function howWords(how: string | undefined, funnel: Decision['funnel']): string {
  if (how === 'layer') return 'by the kind of the layer';
  if (how === 'platform') return 'set by the platform, which does not look at its list then';
  if (how !== 'automatic') return `asked for by name (${how ?? ''})`;
  return funnel === null ? "by the platform's own conditions" : 'first of the list with nothing against it';
}

/** vLLM's own error, with where it is raised. */
export function errorLines(error: DecisionError | null): string[] {
  if (error === null) return [];
  const text = error.text ?? 'its words depend on what is unknown';
  return ['', ...`${error.type}: ${text}`.split('\n').map((line) => `  ${line}`), ...placesOf(error.places)];
}

/** The answers that are left: those that would run first, refusals of one kind together. */
export function possibleLines({ possible }: Pick<Decision, 'possible'>, all: boolean): string[] {
  const lines = new Map<string, string[]>();
  for (const { backend, error, when, complete } of possible.toSorted((a, b) => order(a) - order(b))) {
    const cases = when.map((one) => one.map(({ fact, is }) => `${fact} is ${is.text}`).join(', '));
    const name = backend ?? `refused with ${error?.type ?? 'an error'}`;
    const before = lines.get(name) ?? [];
    lines.set(name, [...before, ...cases.map((one) => `when ${one}`), ...(complete ? [] : ['in other cases'])]);
  }
  const shown = [...lines].slice(0, all ? lines.size : SHORT);
  const more = lines.size - shown.length;
  return [
    ...columns(
      shown.flatMap(([name, cases]) =>
        [...new Set(cases)]
          .slice(0, all ? cases.length : 3)
          .map((one, i) => [i === 0 ? `  ${styled('bold', name)}` : '', one]),
      ),
    ),
    ...(more > 0 ? [`  and ${more} more (--all)`] : []),
  ];
}

const order = ({ backend }: Possible): number => (backend === null ? 1 : 0);

/** The facts that would settle it, with what each would leave. */
export function needLines({ needs }: Pick<Decision, 'needs'>, all: boolean): string[] {
  const lines = needs
    .slice(0, all ? needs.length : SHORT)
    .flatMap(({ fact, where, leaves }) => [
      `  ${styled('bold', fact)}${where === undefined ? '' : `  ${styled('dim', where)}`}`,
      ...leaves
        .slice(0, all ? leaves.length : 4)
        .map(({ is, answers }) => `    ${is.text}: ${answersOf(answers, all)}`),
    ]);
  return needs.length > SHORT && !all ? [...lines, `  and ${needs.length - SHORT} more (--all)`] : lines;
}

const answersOf = (answers: readonly string[], all: boolean): string =>
  all || answers.length <= 4
    ? answers.join(' or ')
    : `${answers.slice(0, 3).join(' or ')} or ${answers.length - 3} others`;

const SIGNS: Readonly<Record<Candidate['status'], readonly [sign: string, words: string]>> = {
  chosen: ['●', 'chosen'],
  'out-ranked': ['○', 'out-ranked'],
  'would-work': ['○', 'would work'],
  refused: ['×', 'refused'],
  'not-installed': ['–', 'not installed'],
  unknown: ['?', 'unknown'],
};

/** How many backends are left at each step, where the platform keeps a list. */
export function funnel({ funnel: steps }: Pick<Decision, 'funnel'>): string {
  if (steps === null) return 'The platform ranks no backends';
  const { known, listed, installed, valid, chosen } = steps;
  return `Candidates: ${known} known → ${listed} listed → ${installed} installed → ${valid} with nothing against → ${chosen} chosen`;
}

/** One line a candidate and reason: those of the platform's list first, in their order. */
export function candidateLines(
  { candidates, funnel: steps }: Pick<Decision, 'candidates' | 'funnel'>,
  all: boolean,
): string[] {
  const shown = candidates.filter(({ priority, status }) => all || priority !== null || status !== 'would-work');
  const rows = shown.flatMap(({ backend, status, reasons }) => {
    const [sign, words] = SIGNS[status];
    const head = [`  ${styled(status === 'chosen' ? 'green' : 'reset', sign)} ${styled('bold', backend)}`, words];
    const certain = reasons.filter((reason) => all || reason.certain);
    const open = reasons.length - certain.length;
    const cells = certain.map((reason) => reasonCells(reason, all));
    const [first, ...others] =
      open > 0 ? [...cells, [`${open} ${open === 1 ? 'reason' : 'reasons'} may hold (--all)`]] : cells;
    return [[...head, ...(first ?? [])], ...others.map((other) => ['', '', ...other])];
  });
  const hidden = candidates.filter((one) => !shown.includes(one));
  const names = hidden.map(({ backend }) => backend).join(', ');
  return [
    ...columns(rows),
    ...(hidden.length === 0
      ? []
      : [`  ${steps === null ? 'Forcing would start' : 'Not listed for this, yet forcing would start'}: ${names}`]),
  ];
}

function reasonCells({ text, certain, limits, places }: Reason, all: boolean): string[] {
  const words = `${text ?? 'a reason whose words depend on what is unknown'}${certain ? '' : ' (perhaps)'}`;
  return [
    [words, ...(all ? limits : limits.slice(0, 1)).map(limitWords)].join('; '),
    styled('dim', (all ? places : places.slice(0, 1)).join(' ← ')),
  ];
}

const limitWords = ({ fact, asked, allowed }: Limit): string => `${fact} is ${shown(asked)}, allowed ${allowed.text}`;

/** The FlashAttention version, block sizes, KV layout, CUDA graphs. */
export function followLines({
  flashAttention: flash,
  follows,
}: Pick<Decision, 'flashAttention' | 'follows'>): string[] {
  const rows: string[][] = [];
  if (flash !== null && flash.used !== false) {
    const version = flash.known ? shown(flash.version) : 'unknown';
    const title = flash.used === true ? 'FlashAttention version' : 'FlashAttention version, if it is used';
    rows.push([`  ${title}`, version, styled('dim', flash.because.join(', '))]);
  }
  if (follows !== null) {
    const open = (part: string, value: unknown): string => (follows.unknown.includes(part) ? 'unknown' : shown(value));
    const sizes = open('supportedBlockSizes', follows.supportedBlockSizes);
    const size = open('blockSize', follows.blockSize);
    rows.push(['  block size', size, styled('dim', `supported: ${sizes}`)]);
    if (follows.askedBlockSize !== null) rows.push(askedCells(follows.askedBlockSize));
    for (const [name, value] of Object.entries(follows.kvLayout)) {
      if (value !== null) rows.push([`  KV layout, ${name.replaceAll('_', ' ')}`, open('kvLayout', value)]);
    }
    rows.push(['  CUDA graphs', open('cudagraphSupport', follows.cudagraphSupport)]);
  }
  return columns(rows);
}

export const logLine = ({ level, text }: LogLine): string => `  ${styled('dim', level)} ${text}`;

/** What becomes of the block size that is asked for, and why. */
function askedCells({ asked, runs, known, because, places }: AskedBlockSize): string[] {
  const becomes = known ? `asked ${asked} → runs ${shown(runs)}` : `asked ${asked}, unknown what runs`;
  return ['  block size, asked for', becomes, styled('dim', [because.join(', '), ...places].join('  ').trim())];
}

/** Per backend the smallest changes with which it would be chosen. */
export function changeLines({ whatif, forcing }: Pick<Decision, 'whatif' | 'forcing'>, all: boolean): string[] {
  const rows = whatif.map(({ backend, changes }) => [
    `  ${styled('bold', backend)}`,
    changes.map(changeWords).join(' and '),
  ]);
  const refused = all ? forcing.filter(({ outcome }) => outcome === 'refused') : [];
  const forced = refused.map(({ backend, error }) => [
    `  ${styled('bold', backend)}`,
    `forced: ${error?.text ?? error?.type ?? ''}`,
  ]);
  const more = rows.length > SHORT && !all ? [`  and ${rows.length - SHORT} more ways (--all)`] : [];
  return [...columns([...(all ? rows : rows.slice(0, SHORT)), ...forced]), ...more];
}

const changeWords = ({ fact, from, to }: Change): string => `${fact} ${to.text} (now ${shown(from)})`;

/** The facts with where each came from: those that decide alone, or all. */
export function factLines({ facts }: Pick<Decision, 'facts'>, all: boolean): string[] {
  const rows = facts.filter(({ decisive }) => all || decisive).map(factCells);
  const rest = facts.length - rows.length;
  const more = rest > 0 ? [`  ${styled('dim', `and ${rest} more that it looked at (--all)`)}`] : [];
  return [...columns(rows), ...more];
}

export const factCells = ({ name, value, missing, from, where }: Omit<UsedFact, 'decisive'>): string[] => [
  `  ${name}`,
  missing === true ? 'not there' : value === undefined ? 'unknown' : shown(value),
  styled('dim', where === undefined ? from : `${from}, ${where}`),
];

export const variantLines = ({ variants }: Pick<Decision, 'variants'>): string[] =>
  columns(
    variants.map(({ name, same, backend, outcome }) => {
      const open =
        backend !== null && outcome === 'unknown' ? ', which something that is not known there may refuse' : '';
      return [`  ${name}`, same ? 'the same' : `${backend ?? outcome}${open}`];
    }),
  );

/** How a difference of two releases is laid out: sections of rows. */
import type { Compared, FlagRedefinition, LogTemplate, ReleaseDiff, Variable } from '../engine/index.ts';
import { styled } from './style.ts';

/** A section: its title, and rows of cells. */
export type Part = readonly [name: string, rows: readonly (readonly string[])[]];

/** The sections of a difference. */
export function partsOf(diff: ReleaseDiff): Part[] {
  const { refusals, properties, environment, ranks, flashAttention } = diff;
  return [
    ['Backends', backendRows(diff)],
    ['Refuses, whatever else is asked', refusals.map(refusalCells)],
    ...situationParts('Ranks otherwise', ranks),
    ...situationParts('Another version of FlashAttention', flashAttention.attention),
    ...situationParts('Another version of FlashAttention with MLA', flashAttention.mla),
    [
      'What a backend says of itself',
      properties.map(({ backend, property, before, after }) => [
        `  ${backend}`,
        property,
        `${JSON.stringify(before)} → ${JSON.stringify(after)}`,
      ]),
    ],
    ['Lines at start-up', lineRows(diff)],
    [
      'Environment',
      [
        ...environment.removed.map((one) => ['  -', ...variableCells(one)]),
        ...environment.added.map((one) => ['  +', ...variableCells(one)]),
      ],
    ],
    ['Flags', flagRows(diff)],
  ];
}

const variableCells = ({ name, place, selects }: Variable): string[] => [
  name,
  selects ? 'the selection reads it' : '',
  place ?? '',
];

function backendRows({ backends: { removed, added, renamed } }: ReleaseDiff): string[][] {
  return [
    ...removed.map(({ name, class: path }) => ['  -', name, path ?? '']),
    ...added.map(({ name, class: path }) => ['  +', name, path ?? '']),
    ...renamed.map(({ from, to, class: path, by }) => [
      '  ~',
      `${from} → ${to}`,
      by === 'class' ? path : `${path} (by the ${by})`,
    ]),
  ];
}

function lineRows({ logs: { removed, added, reworded } }: ReleaseDiff): string[][] {
  return [
    ...removed.map((line) => ['  -', ...lineCells(line)]),
    ...added.map((line) => ['  +', ...lineCells(line)]),
    ...reworded.map(({ before, after }) => {
      const [level = '', words = ''] = lineCells(before);
      return ['  ~', level, `${words} → ${lineCells(after).slice(1).join(' ')}`];
    }),
  ];
}

function flagRows({ flags }: ReleaseDiff): string[][] {
  const { added = [], removed = [], changed = [] } = flags ?? {};
  return [
    ...removed.map(({ flag, place }) => ['  -', flag, place]),
    ...added.map(({ flag, place }) => ['  +', flag, place]),
    ...redefined(changed),
  ];
}

/** Longer sets are not shown in full: what moved is. */
const SHORT = 60;

function refusalCells({ backend, fact, change, ...own }: ReleaseDiff['refusals'][number]): string[] {
  const { before, after, newly, nowTaken } = own;
  const sets = `${before.values} → ${after.values}`;
  const moved = [
    ...(newly.length > 0 ? [`refuses also ${newly.join(', ')}`] : []),
    ...(nowTaken.length > 0 ? [`no more ${nowTaken.join(', ')}`] : []),
  ].join('; ');
  const words = `${before.texts.join('; ')} → ${after.texts.join('; ')}`;
  const what = change === 'reworded' || fact === null ? words : sets.length <= SHORT ? sets : moved;
  const [from = 'nowhere', to = 'nowhere'] = [before.places[0], after.places[0]];
  return [`  ${backend}`, fact ?? 'anything', change, what, styled('dim', `${from} → ${to}`)];
}

/** Flags that are told otherwise; those that got the same spelling more are told together. */
function redefined(changed: readonly FlagRedefinition[]): string[][] {
  const wider = new Map<string, string[]>();
  const rows: string[][] = [];
  for (const { flag, what, before, after, places } of changed) {
    const moved = what === 'spellings' || what === 'choices' ? setMove(before, after) : `${before} → ${after}`;
    const opposite = what === 'spellings' ? /^also (--(?:disable|enable)-)\S+$/.exec(moved)?.[1] : undefined;
    if (opposite === undefined) rows.push(['  ~', flag, `${what}: ${moved} (${places.join(' → ')})`]);
    else wider.set(opposite, [...(wider.get(opposite) ?? []), flag]);
  }
  const together = [...wider].map(([spelling, flags]) => [
    '  ~',
    `${flags.length} switches`,
    `also as ${spelling}…: ${flags.join(', ')}`,
  ]);
  return [...rows, ...together];
}

/** What a list has more and less. */
function setMove(before: string, after: string): string {
  const [a, b] = [before.split(', '), after.split(', ')];
  const more = b.filter((one) => !a.includes(one));
  const less = a.filter((one) => !b.includes(one));
  if (a.length === 1 || b.length === 1) return `${before} → ${after}`;
  return [
    ...(more.length > 0 ? [`also ${more.join(', ')}`] : []),
    ...(less.length > 0 ? [`no more ${less.join(', ')}`] : []),
  ].join('; ');
}

const lineCells = ({ level, text, place }: LogTemplate): string[] => [level, text, styled('dim', place ?? '')];

/** Before what is said of the situations above it. */
export const MOVE = '      ';

/** So many kinds of situations are shown; --json has all. */
const MOST_SHOWN = 24;

/** Where two releases say different things, a row for each kind of situation. */
function situationParts(title: string, { moved, plain, whole }: Compared): Part[] {
  const all = moved.map(({ when, before, after }) => [
    ...when.map((facts) => [`  ${situation(facts)}`]),
    [`${MOVE}${listMove(before, after)}`],
  ]);
  const rows = all.slice(0, MOST_SHOWN).flat();
  const notes = [
    ...(all.length > MOST_SHOWN ? [`${all.length - MOST_SHOWN} more: --json lists them`] : []),
    ...(rows.length > 0 && plain.length > 0 ? [`as in a plain question are ${plain.join(', ')}`] : []),
    ...(rows.length > 0 && !whole ? ['values that no single change tells apart were tried by one of them'] : []),
  ];
  return [[title, [...rows, ...notes.map((note) => [styled('dim', `  (${note})`)])]]];
}

const situation = (facts: Readonly<Record<string, string>>): string => {
  const parts = Object.entries(facts).map(([fact, values]) => `${fact.replace(/^call\./, '')} ${values}`);
  return parts.length === 0 ? 'always' : parts.join(' · ');
};

/** Of lists that one backend joined or left, that alone. */
function listMove(before: string, after: string): string {
  const [a, b] = [before.split(', '), after.split(', ')];
  const more = b.filter((one) => !a.includes(one));
  const less = a.filter((one) => !b.includes(one));
  const same = a.filter((one) => b.includes(one)).join() === b.filter((one) => a.includes(one)).join();
  if (a.length < 2 || b.length < 2 || !same) return `${before} → ${after}`;
  const at = (name: string, list: readonly string[]): string =>
    list.indexOf(name) === 0 ? `${name} first` : `${name} after ${list[list.indexOf(name) - 1]!}`;
  return [...more.map((name) => `+ ${at(name, b)}`), ...less.map((name) => `- ${at(name, a)}`)].join('; ');
}

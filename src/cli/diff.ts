import { readRelease } from '../disk/index.ts';
import { diffReleases, factsIn, isSame } from '../engine/index.ts';
import type { DiffSide, ReleaseData, ReleaseDiff } from '../engine/index.ts';
import { INSTALL_FLAG, PLATFORM_FLAG } from './ask.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { columns, styled } from './style.ts';
import { installsOf, machineOf, UNSAID } from './surroundings.ts';

export const diffCommand: Command = {
  usage: 'BEFORE AFTER [--platform NAME]',
  words: [2, 2],
  offers: 'releases',
  flags: [
    { ...PLATFORM_FLAG, says: 'The platform, cuda where none is named.' },
    INSTALL_FLAG,
    { name: 'markdown', says: 'Answer in Markdown, as for a pull request.' },
  ],
  more: [
    'A value counts as refused where the backend refuses it whatever else is asked, with what is installed (--install) and no',
    'variable set. What depends on more than that is not compared (of properties, their number stands at the end); nor is the',
    'order in which a platform ranks its backends: that nothing is listed does not say that nothing changed. Exit code 1: they',
    'differ.',
  ].join('\n'),
  run: (asked) => Promise.resolve(run(asked)),
};

function run(asked: Asked): ExitCode {
  const platform = asked.flag('platform') ?? 'cuda';
  const [before, after] = asked.words.map((word) => readRelease(word)) as [ReleaseData, ReleaseData];
  const diff = diffReleases(sideOf(asked, before, platform), sideOf(asked, after, platform));
  const head = { before: before.release, after: after.release, platform };
  process.stdout.write(`${shown(asked, head, diff)}\n`);
  return isSame(diff) ? 0 : 1;
}

// what was learned of the selection alone has no flags, whatever the type of a whole release says
const sideOf = (asked: Asked, release: ReleaseData, platform: string): DiffSide => {
  const { arguments: table } = release as Partial<ReleaseData>;
  const machine = machineOf(release, platform);
  const { facts } = installsOf(asked, release, platform, machine.inputs);
  return {
    backends: release.backends,
    machine,
    facts: factsIn({ release: release.release, platform, facts, rest: UNSAID }),
    ...(table === undefined ? {} : { arguments: table }),
  };
};

interface Head {
  readonly before: string;
  readonly after: string;
  readonly platform: string;
}

function shown(asked: Asked, head: Head, diff: ReleaseDiff): string {
  if (asked.json) return JSON.stringify({ schemaVersion: 1, ...head, same: isSame(diff), ...diff }, null, 2);
  const markdown = asked.has('markdown');
  const title = `vLLM ${head.before} → ${head.after} on ${head.platform}`;
  const parts = partsOf(diff).filter(([, rows]) => rows.length > 0);
  const lines = isSame(diff)
    ? [`${title}: no difference but perhaps in the order of the list.`]
    : [markdown ? `## ${title}` : styled('bold', title)];
  for (const [name, rows] of parts)
    lines.push('', ...(markdown ? [`### ${name}`, '', ...rows.map(item)] : [styled('bold', name), ...columns(rows)]));
  if (diff.open.length > 0)
    lines.push('', `Not compared, for it depends on more facts: ${diff.open.length} (--json lists them).`);
  return lines.join('\n');
}

const item = (cells: readonly string[]): string =>
  `- ${cells
    .map((cell) => cell.trim().replaceAll(/[\\`*_<|]/g, String.raw`\$&`))
    .filter((cell) => cell !== '')
    .join(' · ')}`;

type Part = readonly [name: string, rows: readonly (readonly string[])[]];

function partsOf(diff: ReleaseDiff): Part[] {
  const { backends, refusals, properties, environment, flags } = diff;
  const { added = [], removed = [], changed = [] } = flags ?? {};
  return [
    [
      'Backends',
      [
        ...backends.removed.map(({ name, class: path }) => ['  -', name, path ?? '']),
        ...backends.added.map(({ name, class: path }) => ['  +', name, path ?? '']),
        ...backends.renamed.map(({ from, to, class: path }) => ['  ~', `${from} → ${to}`, path]),
      ],
    ],
    ['Refuses, whatever else is asked', refusals.map(refusalCells)],
    [
      'What a backend says of itself',
      properties.map(({ backend, property, before, after }) => [
        `  ${backend}`,
        property,
        `${JSON.stringify(before)} → ${JSON.stringify(after)}`,
      ]),
    ],
    [
      'Environment that the selection reads',
      [...environment.removed.map((name) => ['  -', name]), ...environment.added.map((name) => ['  +', name])],
    ],
    [
      'Flags',
      [
        ...removed.map(({ flag, place }) => ['  -', flag, place]),
        ...added.map(({ flag, place }) => ['  +', flag, place]),
        ...changed.map(({ flag, what, before, after, places }) => [
          '  ~',
          flag,
          `${what}: ${before} → ${after} (${places.join(' → ')})`,
        ]),
      ],
    ],
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

import { readPackages, readRelease } from '../disk/index.ts';
import { diffReleases, factsIn, factsOf, isSame, releaseName } from '../engine/index.ts';
import type { DiffSide, ReleaseData, ReleaseDiff } from '../engine/index.ts';
import { stockFor } from './ask.ts';
import { INSTALL_FLAG, PLATFORM_FLAG } from './questionflags.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { MOVE, partsOf } from './difflayout.ts';
import { columns, styled } from './style.ts';
import { installsOf, machineOf, UNSAID, usualOf } from './surroundings.ts';

export const diffCommand: Command = {
  usage: 'BEFORE AFTER [--platform NAME]',
  words: [2, 2],
  offers: 'releases',
  flags: [
    { ...PLATFORM_FLAG, says: 'The platform, cuda where none is named, of a plug-in its own.' },
    INSTALL_FLAG,
    { name: 'markdown', says: 'Answer in Markdown, as for a pull request.' },
  ],
  more: [
    'A value counts as refused where the backend refuses it whatever else is asked, with what is installed (--install) and no',
    'variable set. What depends on more than that is not compared (of properties, their number stands at the end). Lists are',
    'compared beginning with a plain question, of which every fact is changed by which the list changes; a list that two unusual',
    'facts change together alone may be missed: that nothing is listed does not say that nothing changed. Exit code 1: they',
    'differ.',
  ].join('\n'),
  run: (asked) => Promise.resolve(run(asked)),
};

function run(asked: Asked): ExitCode {
  const [before, after] = asked.words.map((word) => readRelease(word)) as [ReleaseData, ReleaseData];
  const platform = asked.flag('platform') ?? usualOf(after);
  const diff = diffReleases(sideOf(asked, before, platform), sideOf(asked, after, platform));
  const head = { before: releaseName(before), after: releaseName(after), platform };
  process.stdout.write(`${shown(asked, head, diff)}\n`);
  return isSame(diff) ? 0 : 1;
}

// what was learned of the selection alone has no flags, whatever the type of a whole release says
const sideOf = (asked: Asked, release: ReleaseData, platform: string): DiffSide => {
  const { arguments: table } = release as Partial<ReleaseData>;
  const machine = machineOf(release, platform);
  const { facts: installed } = installsOf(asked, release, platform, machine.inputs);
  const facts = factsIn({ release: release.release, platform, facts: installed, rest: UNSAID });
  const unsaid = factsOf({ platform }, stockFor(readPackages(), asked, release, platform), machine.rules);
  return {
    backends: release.backends,
    machine,
    facts,
    plain: { get: (name) => facts.get(name) ?? unsaid.get(name) },
    ...(release.environment === undefined ? {} : { environment: release.environment }),
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
    ? [`${title}: no difference was found.`]
    : [markdown ? `## ${title}` : styled('bold', title)];
  for (const [name, rows] of parts)
    lines.push('', ...(markdown ? [`### ${name}`, '', ...rows.map(item)] : [styled('bold', name), ...columns(rows)]));
  if (diff.open.length > 0)
    lines.push('', `Not compared, for it depends on more facts: ${diff.open.length} (--json lists them).`);
  return lines.join('\n');
}

const item = (cells: readonly string[]): string =>
  `${cells[0]!.startsWith(MOVE) ? '  ' : ''}- ${cells
    .map((cell) => cell.trim().replaceAll(/[\\`*_<|]/g, String.raw`\$&`))
    .filter((cell) => cell !== '')
    .join(' · ')}`;

/** How much of a release's models is read. */
import { findRelease, hasModelClasses, listArchitectures, modelClassesFile, readModelClass } from '../disk/index.ts';
import type { ModelClassData, ReleaseData } from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { releaseOf } from './ask.ts';
import { VLLM_FLAG } from './questionflags.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { columns, count, styled } from './style.ts';

export const coverageCommand: Command = {
  usage: '--vllm VERSION',
  words: [0, 0],
  flags: [VLLM_FLAG, { name: 'all', says: 'Show every architecture with how it is read.' }],
  more: [
    'Read is how the layers of an architecture that attend are built: fully, or in part, where some of it rests on a place that',
    'could not be read and is unknown where that place matters. Of one that is not read at all no line can be answered for',
    'certain.',
  ].join('\n'),
  run: (asked) => Promise.resolve(coverage(asked)),
};

type How = 'fully' | 'partly' | 'not';

interface Covered {
  readonly architecture: string;
  readonly class: string;
  readonly read: How;
  /** What is not read of it. */
  readonly unread: readonly string[];
}

const HOW: Readonly<Record<How, string>> = { fully: 'read fully', partly: 'read in part', not: 'not read at all' };

function coverage(asked: Asked): ExitCode {
  const release = releaseOf(asked);
  const all = coveredIn(release, modelClassesFile(findRelease(asked.flag(VLLM_FLAG.name)!)));
  const shares = (Object.keys(HOW) as How[]).map((how) => {
    const n = all.filter(({ read }) => read === how).length;
    return { read: how, architectures: n, share: n / all.length };
  });
  if (asked.json) {
    const json = { schemaVersion: 1, release: release.release, architectures: all.length, shares, all };
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
    return 0;
  }
  const table = shares.map(({ read, architectures, share }) => [
    HOW[read],
    count(architectures),
    `${(100 * share).toFixed(0)} %`,
  ]);
  const lines = [`${count(all.length)} architectures of vLLM ${release.release}`, ...columns(table, [1, 2])];
  process.stdout.write(`${[...lines, '', ...(asked.has('all') ? each(all) : reasons(all))].join('\n')}\n`);
  return 0;
}

/** How each architecture is read. Throws where the models of the release were not learned. */
export function coveredIn({ release, learned }: ReleaseData, file: string): readonly Covered[] {
  if (!hasModelClasses(file)) {
    throw new WhichattnError({
      code: 'models-not-learned',
      what: `The models of vLLM ${release} have not been learned`,
      todo: 'Learn it whole: `whichattn learn PATH`.',
    });
  }
  const touched = new Set(learned?.parts['models']?.touched);
  return listArchitectures(file).map((architecture) => {
    const found = readModelClass(file, architecture)!;
    const read = howRead(found, touched.has(architecture));
    const opaque = read === 'partly' ? ['some of its layers rest on a place that could not be read'] : [];
    return { architecture, class: found.class, read, unread: [...(found.unread ?? []), ...opaque] };
  });
}

const howRead = ({ layers }: ModelClassData, touched: boolean): How =>
  layers === undefined ? 'not' : touched ? 'partly' : 'fully';

/** What is not read, with how many architectures it is so of, the most first. */
function reasons(all: readonly Covered[]): string[] {
  const by = new Map<string, string[]>();
  for (const { architecture, unread } of all)
    for (const reason of unread) by.set(reason, [...(by.get(reason) ?? []), architecture]);
  const rows = [...by]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([reason, of]) => [count(of.length), `${reason}: ${shown(of)}`]);
  return columns([['', styled('dim', 'what is not read')], ...rows], [0]);
}

const shown = (of: readonly string[]): string =>
  of.length > 3 ? `${of.slice(0, 3).join(', ')}, … (--all)` : of.join(', ');

const each = (all: readonly Covered[]): string[] =>
  columns(
    all.map(({ architecture, read, unread }) => [architecture, HOW[read], unread.join('; ')]),
    [],
  );

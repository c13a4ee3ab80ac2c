import {
  askedWith,
  type BuilderFacts,
  builderOf,
  createProber,
  decide,
  factsOf,
  oneLayerFacts,
  type ReleaseData,
  type Setting,
} from '#engine';
import { type Fact, textOf } from '#rules';
import { openRelease, type Recorded } from './oracle.ts';

/*
 * What the metadata builders of real releases settled (scripts/record-builders.py), and how ours is compared with it.
 */

/** Where ours differs from what was recorded. */
export interface BuilderDifference {
  readonly id: string;
  readonly name: string;
  readonly got: unknown;
  readonly want: unknown;
}

/** So many things were the same, these were left open, and these were others. */
export interface BuilderFigures {
  readonly same: number;
  readonly open: readonly BuilderDifference[];
  readonly wrong: readonly BuilderDifference[];
}

type Seen = Readonly<Record<string, unknown>>;

/** What was recorded of one builder. */
interface Built {
  readonly settles?: Seen;
  readonly batches?: Readonly<Record<string, Seen>>;
  readonly raises?: { readonly type: string; readonly text: string };
  /** Whether code of the builder's own classes raised it. */
  readonly own?: boolean;
}

/** Errors that tell of the recorder's machine and not of the release. */
const OF_THE_RECORDER = new Set(['ModuleNotFoundError', 'AttributeError', 'TypeError']);

/** Compares every builder of these records that the release's rules speak of. */
export function compareBuilders(release: ReleaseData, platform: string, recorded: readonly Recorded[]): BuilderFigures {
  const opened = openRelease(release, platform);
  const { machine, stock } = opened;
  const figures = { same: 0, open: [] as BuilderDifference[], wrong: [] as BuilderDifference[] };
  const tell = (id: string, { name, got, want, known }: Pair): void => {
    if (known && JSON.stringify(got) === JSON.stringify(want)) figures.same += 1;
    else figures[known ? 'wrong' : 'open'].push({ id, name, got, want });
  };
  for (const { q, a } of recorded) {
    const backend = textOf(a.winner_enum ?? a.winner);
    const built = a.builder as Built | null | undefined;
    if (q.call?.mamba_type !== undefined && askedWith(machine).size > 0)
      tell(q.id, stateBackend(opened, release.release, { q, a }));
    if (!built || !(`builder.${backend}` in machine.rules.terms)) continue;
    const asked = factsOf(q, stock, machine.rules);
    const look = (batch: Seen): BuilderFacts => {
      const facts = { get: (name: string) => ofBatch(batch, name) ?? asked.get(name) };
      return builderOf(createProber(machine, facts), backend, (a.block_size as number | null) ?? 16)!;
    };
    for (const pair of pairs(built, look)) tell(q.id, pair);
  }
  return figures;
}

/** What a layer that tells its backend by its kind gets, beside ours. */
function stateBackend({ machine, stock }: ReturnType<typeof openRelease>, release: string, { q, a }: Recorded): Pair {
  const question = { release, platform: q.platform ?? 'cuda', facts: oneLayerFacts(machine, q, stock) };
  const { winner, error, outcome } = decide(machine, question, { without: ['whatif'] });
  const raised = a.error as { readonly text: string } | null | undefined;
  return {
    name: 'backend',
    got: winner === null ? error?.text : winner.class,
    want: raised === null || raised === undefined ? a.winner_enum : raised.text,
    known: outcome !== 'unknown',
  };
}

interface Pair {
  readonly name: string;
  readonly got: unknown;
  readonly want: unknown;
  readonly known: boolean;
}

/** What was seen of one builder, each beside ours. */
function pairs(built: Built, look: (batch: Seen) => BuilderFacts): readonly Pair[] {
  const { settings, error, mayRaise } = look({});
  const raised = (want: unknown): Pair => ({
    name: 'raises',
    got: error && { type: error.type, text: error.text },
    want,
    known: !mayRaise,
  });
  if (built.raises !== undefined) {
    const { type, text } = built.raises;
    const counts = built.own === true && !OF_THE_RECORDER.has(type) && text !== '';
    return counts ? [raised({ type, text })] : [];
  }
  const each = (of: readonly Setting[], seen: Seen, prefix: string): readonly Pair[] =>
    of.flatMap(({ name, value, known }) =>
      Object.hasOwn(seen, name) ? [{ name: `${prefix}${name}`, got: value, want: seen[name], known }] : [],
    );
  const batches = Object.entries(built.batches ?? {});
  return [
    raised(null),
    ...each(settings, built.settles ?? {}, ''),
    ...batches.flatMap(([kind, seen]) => each(look(seen).perBatch, seen, `${kind}: `)),
  ];
}

function ofBatch(batch: Seen, name: string): Fact | undefined {
  if (!name.startsWith('batch.')) return undefined;
  return batch[name.slice('batch.'.length)] as Fact | undefined;
}

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stockOf } from '../../src/catalog/index.ts';
import { listPlugins, readPackages, readRelease } from '../../src/disk/index.ts';
import { type BulkQuestion, decide, oneLayerFacts, type Question } from '../../src/engine/index.ts';
import { createMachine, unpackRules } from '../../src/rules/index.ts';

/*
 * What vLLM's own code answered with the platform of a plug-in in place (scripts/ask-plugin.py), against what was learned of the
 * two: the same, or unknown.
 */

interface Recorded {
  readonly q: BulkQuestion & {
    readonly id: string;
    readonly platform: string;
    readonly build?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  readonly a: {
    readonly start?: { readonly type: string; readonly text: string };
    readonly error?: { readonly type: string; readonly text: string } | null;
    readonly winner?: string | null;
    readonly winner_class?: string | null;
    readonly supported_block_sizes?: readonly (number | string)[];
    readonly registered?: Readonly<Record<string, string>>;
  };
}

const folder = import.meta.dirname;
const root = path.join(folder, '../..');
const recorded = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));

/** The constants of modules that the plug-in's build writes, as facts. */
const builtFacts = (build: Recorded['q']['build'] = {}): Question['facts'] =>
  Object.fromEntries(
    Object.entries(build).flatMap(([module, constants]) =>
      Object.entries(constants).map(([name, value]) => [`${module}.${name}`, { value, from: 'flag' as const }]),
    ),
  );

describe.each(recorded)('%s', (file) => {
  const name = file.slice(0, -'.jsonl'.length);
  const found = listPlugins(root).find(({ release }) => release === name);

  it('answers as vLLM does, or not at all', () => {
    expect(found).toBeDefined();
    const data = readRelease(found!.file);
    const stock = stockOf(readPackages(), {});
    const open: string[] = [];
    const wrong: unknown[] = [];
    for (const line of readFileSync(path.join(folder, file), 'utf8').trim().split('\n')) {
      const { q, a } = JSON.parse(line) as Recorded;
      const machine = createMachine(unpackRules(data.selection[q.platform]!));
      const facts = { ...oneLayerFacts(machine, q, stock), ...builtFacts(q.build) };
      const { outcome, error, winner, follows, notes } = decide(machine, {
        release: name,
        platform: q.platform,
        facts,
        rest: [{ prefix: 'env.', missing: true, from: 'default' }],
      });
      if (outcome === 'unknown') {
        open.push(q.id);
        continue;
      }
      const raised = a.start ?? a.error;
      const ours =
        outcome === 'refused' ? { raised: [error!.type, error!.text] } : { class: winner!.class, name: winner!.name };
      const theirs = raised ? { raised: [raised.type, raised.text] } : { class: a.winner_class, name: a.winner };
      // what making the implementation raises comes after the selection, and was not recorded
      const own = a.winner_class?.split('.').slice(0, -1).join('/');
      if (outcome === 'refused' && own !== undefined && error!.places[0]?.startsWith(`${own}.py:`)) continue;
      const sizes = outcome === 'starts' ? (follows?.supportedBlockSizes ?? null) : null;
      if (JSON.stringify(ours) !== JSON.stringify(theirs)) wrong.push({ id: q.id, ours, theirs });
      else if (sizes !== null && JSON.stringify(sizes) !== JSON.stringify(a.supported_block_sizes))
        wrong.push({ id: q.id, sizes, theirs: a.supported_block_sizes });
      // what is registered with the class that is chosen is so once that was imported; of all others we say it
      for (const { code, text } of notes) {
        const [, backend = '', cls = ''] = /^(\w+) is (\S+): /.exec(text) ?? [];
        if (code === 'registered' && a.registered !== undefined && cls !== '' && a.registered[backend] !== cls)
          wrong.push({ id: q.id, text, theirs: a.registered });
      }
    }
    expect(wrong).toEqual([]);
    expect(open).toEqual([]);
  });
});

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { installOf, stockOf } from '../../src/catalog/index.ts';
import { readPackages, readRelease } from '../../src/disk/index.ts';
import { factsOf } from '../../src/engine/index.ts';
import { backendOf, forcedBy, raisedByImplementation, resolved, TERMS } from '../../src/engine/outcome.ts';
import { changed } from '../../src/engine/question.ts';
import { createMachine, printed, UNKNOWN, unpackRules } from '../../src/rules/index.ts';
import { readRecorded } from '../../scripts/oracle.ts';

/*
 * What the implementations of backends raise when a layer makes them, recorded from the releases' own code
 * (`scripts/record-implementations.py`): what we say is raised for certain was raised, in the same words. What only depends on
 * what nobody was told here (how a quantized cache of MLA is kept, what else a layer passes on) may be left out.
 */

interface Made {
  readonly alibi: boolean;
  readonly softcap: boolean;
  readonly raises: { readonly type: string; readonly text: string; readonly own: boolean } | null;
}

const releases = readdirSync(import.meta.dirname).flatMap((file) => /^(.*)\.jsonl\.gz$/.exec(file)?.[1] ?? []);
const packages = readPackages();

function compared(release: string) {
  const data = readRelease(release);
  const requirements = data.requirements['cuda']!;
  const held = installOf(packages, 'cuda', 'image', { release, requirements });
  const taken = installOf({ ...packages, installs: packages.recorder }, 'cuda', 'recorder', { release, requirements });
  const stock = stockOf(packages, { ...held, ...taken });
  const machine = createMachine(unpackRules(data.selection['cuda']!));
  const wrong: unknown[] = [];
  const [told, missed] = [new Map<string, number>(), new Map<string, number>()];
  const count = (of: Map<string, number>, what: string): void => void of.set(what, (of.get(what) ?? 0) + 1);
  for (const { q, a } of readRecorded(path.join(import.meta.dirname, `${release}.jsonl.gz`)))
    for (const { alibi, softcap, raises } of a['impl'] as readonly Made[]) {
      const facts = factsOf(q, stock, machine.rules);
      const forced = (q['requested'] as string | undefined)?.toUpperCase() ?? null;
      const layer = { 'layer.alibi': alibi, 'layer.softcap': softcap, 'layer.softcap.value': 30 };
      machine.load(changed(facts, { ...layer, [forcedBy(machine.rules)]: forced }));
      const backend = backendOf(machine.rules, printed(resolved(machine, TERMS.cls)));
      const ours = raisedByImplementation(machine, backend);
      const text = ours && machine.resolve(ours.text);
      const same = ours && ours.type === raises?.type && (text === UNKNOWN || text === raises.text);
      if (ours && !same) wrong.push({ q, backend, alibi, softcap, ours: [ours.type, text], raises });
      else if (ours) count(told, backend);
      else if (raises?.own === true) count(missed, `${backend}: ${raises.text}`);
    }
  return { wrong, told, missed };
}

describe.each(releases)('the implementations of %s', (release) => {
  const { wrong, told, missed } = compared(release);

  it('raise what is said of them', () => {
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(told.size).toBeGreaterThan(10);
  });

  it('raise nothing else but what depends on more than a layer is asked with', () => {
    expect(Object.fromEntries([...missed].toSorted(([a], [b]) => (a < b ? -1 : 1)))).toMatchSnapshot();
  });
});

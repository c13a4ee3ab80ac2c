/** Stages that keep what they told: one line is answered many times, and most of what is asked of it stays the same. */
import type { Fact } from '../rules/index.ts';
import type { Known, Stage, Told } from './stage.ts';

/** So many answers of a stage are kept. */
const KEPT = 3;

/** What was told, and what was asked for it so far: more when something else is asked of it. */
interface Kept {
  readonly asked: ReadonlyMap<string, Fact | undefined>;
  readonly told: Told;
}

/** A stage that tells what it told before where nothing that it asked for is different: a line is answered many times. */
export function remembering(stage: Stage): Stage {
  const kept: Kept[] = [];
  return {
    ...stage,
    run(known) {
      const found = kept.find(({ asked }) => isAsBefore(asked, known));
      if (found) return again(stage, found, known);
      const asked = new Map<string, Fact | undefined>();
      const noted = <T>(name: string, value: T): T => {
        asked.set(name, known.get(name));
        return value;
      };
      const told = stage.run({
        get: (name) => noted(name, known.get(name)),
        given: (name) => noted(name, known.given(name)),
        because: (name) => noted(name, known.because(name)),
      });
      // the first is the question itself, the others are changes of it
      if (kept.length >= KEPT) kept.splice(1, 1);
      kept.push({ asked, told });
      return told;
    },
  };
}

/** What a stage told before, for facts that are the same as far as it asked; it runs again when that is not so any more. */
function again(stage: Stage, { asked, told }: Kept, known: Known): Told {
  let checked = asked.size;
  let own: Told | undefined;
  const sound = <T>(ask: (of: Told) => T): T => {
    if (own) return ask(own);
    const said = ask(told);
    if (asked.size === checked) return said;
    if (isAsBefore(asked, known, checked)) {
      checked = asked.size;
      return said;
    }
    return ask((own = stage.run(known)));
  };
  return { ...told, fact: (name) => sound((of) => of.fact(name)), because: (name) => sound((of) => of.because(name)) };
}

function isAsBefore(asked: ReadonlyMap<string, Fact | undefined>, known: Known, from = 0): boolean {
  let at = 0;
  for (const [name, fact] of asked) if (at++ >= from && !isSame(known.get(name), fact)) return false;
  return true;
}

const isSame = (a: Fact | undefined, b: Fact | undefined): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));

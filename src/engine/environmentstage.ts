/** Variables of the environment that are set and that a release asks for where it was read as if they were not. */
import { MISSING } from '../rules/index.ts';
import { factValue } from './question.ts';
import type { Question } from './question.ts';
import type { ReleaseData } from './release.ts';
import { SILENT } from './stage.ts';
import type { OpenError, Stage } from './stage.ts';

const PREFIX = 'env.';
/** How the reading notes a variable of which it was told that it is not set. */
const TOLD = /^[\w.]+\.envs\.(\w+): /;

const known = new WeakMap<ReleaseData, ReadonlySet<string>>();

/** The variables of a release of which it was not read what they change. */
function toldOf(release: ReleaseData): ReadonlySet<string> {
  const before = known.get(release);
  if (before) return before;
  const all = Object.values(Object(release.unread) as ReleaseData['unread']).flat();
  const names = all.flatMap(({ kind, what }) => (kind === 'elsewhere' ? (TOLD.exec(what)?.[1] ?? []) : []));
  const made = new Set(names);
  known.set(release, made);
  return made;
}

/** A start with such a variable may be refused, and nobody can say whether. */
export function environmentStage(release: ReleaseData, { facts }: Question): Stage {
  const given = Object.entries(facts).flatMap(([name, fact]) => {
    const value = name.startsWith(PREFIX) ? factValue(fact) : undefined;
    return value === undefined || value === MISSING || value === null ? [] : [name.slice(PREFIX.length)];
  });
  return {
    name: 'environment',
    about: given.join(),
    inputs: [],
    run() {
      // what is noted of a release is much: it is looked at where a variable is set
      const set = given.length === 0 ? [] : given.filter((name) => toldOf(release).has(name));
      const open = set.map((name): OpenError => ({
        type: 'Exception',
        text: null,
        places: [],
        needs: [`what ${name} changes`],
      }));
      return { ...SILENT, open, notes: set.map((name) => `${name} is set: what it changes was not read.`) };
    },
  };
}

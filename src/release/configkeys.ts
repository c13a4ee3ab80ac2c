/** The keys of a config.json as inputs: of which kinds each can be, as the classes of a tree declare them. */
import { dataFields, one, str, UNBOUND } from '../python/index.ts';
import type { ClassAtom, Node, Reader, Value } from '../python/index.ts';
import type { Kind } from '../rules/index.ts';
import { leftOut } from './apart.ts';
import { JSON_KINDS, jsonValue, jsonWhole } from './json.ts';
import { KIND_LETTERS, kindsOf } from './kinds.ts';
import type { Kinds } from './kinds.ts';
import { dtypeOptions } from './outside.ts';

/** Of which kinds a key of a config.json can be: those that some class takes for it. */
export type KindsByName = (name: string) => readonly Kind[];

/** Names under which a configuration can hold another. */
const PART = /_config$|^(rope_scaling|text_encoder|decoder|encoder|generator|_heterogeneity_spec)$/;
export const PART_KINDS: readonly Kind[] = ['missing', 'none', 'dict'];

/** What a class keeps for itself: it is read as not given. */
const OWN = /^(_heterogeneity_spec|_per_layer_given|_rope_type_labels)$|^_validate_|^base_model_/;
export const ABSENT: readonly Kind[] = ['missing'];

/** What a key is read as that no class declares: it narrows what is read, and a dictionary that is asked for is unknown. */
const UNDECLARED: readonly Kind[] = JSON_KINDS.filter((k) => k !== 'dict');

/** What a class leaves as it is given and asks for where it writes the object: it is read whatever it is. */
const WRITTEN = 'quantization_config';

/** Of which class an object is: a class has it too, and some take it as an argument of their own. */
const TYPE = 'model_type';
const TYPE_KINDS: readonly Kind[] = ['missing', 'str'];

/** What the fields of these classes take, by name; a key that no class has may be anything. */
export function kindsOfClasses(R: Reader, classes: readonly ClassAtom[]): KindsByName {
  const found = new Map<string, Set<Kind>>();
  for (const cls of classes)
    for (const f of dataFields(R, cls)) {
      let own = found.get(f.name);
      if (!own) found.set(f.name, (own = new Set<Kind>(['missing', 'none'])));
      const kinds = kindsOf(f.node.annotation as Node);
      for (const k of kinds === '*' ? JSON_KINDS : [...kinds].flatMap((letter) => KIND_LETTERS[letter] ?? []))
        own.add(k);
    }
  // what a class behind the base of all keeps for itself is in nobody's config.json
  const inner = new Set(
    (classes[0]?.mro ?? [])
      .filter((c) => !c.scope?.binders.has('__post_init__'))
      .flatMap((c) => c.scope?.body ?? [])
      .flatMap((s) => (s.nodeType === 'Assign' ? ((s.targets as Node[])[0]?.id as string) : [])),
  );
  const known = new Map([...found].map(([name, kinds]) => [name, JSON_KINDS.filter((k) => kinds.has(k))]));
  return (name) =>
    name === WRITTEN
      ? JSON_KINDS
      : name === TYPE
        ? TYPE_KINDS
        : (known.get(name) ?? (OWN.test(name) || inner.has(name) ? ABSENT : PART.test(name) ? PART_KINDS : UNDECLARED));
}

/** The same where there are classes besides, whose constructors take more kinds by their annotations. */
export function withConstructors(classes: readonly ClassAtom[], byName: KindsByName): KindsByName {
  const more = new Map<string, Set<Kind>>();
  for (const made of classes.flatMap((cls) => cls.scope?.body ?? [])) {
    if (made.nodeType !== 'FunctionDef' || made.name !== '__init__') continue;
    const { args, kwonlyargs } = made.args as unknown as Record<'args' | 'kwonlyargs', readonly Node[]>;
    for (const { arg, annotation } of [...args, ...kwonlyargs]) {
      const kinds = annotation ? kindsOf(annotation as Node) : '*';
      // what is a dictionary to no class is read as none
      const plain = kinds === '*' ? [] : [...kinds].flatMap((k) => (k === 'd' ? [] : (KIND_LETTERS[k] ?? [])));
      more.set(arg as string, new Set([...(more.get(arg as string) ?? []), ...plain]));
    }
  }
  return (name) => {
    const [kinds, taken] = [byName(name), more.get(name)];
    return taken && kinds !== ABSENT ? JSON_KINDS.filter((k) => kinds.includes(k) || taken.has(k)) : kinds;
  };
}

/** The input of a field: what the config.json gives, else the default. */
export function fieldInput(
  R: Reader,
  kindsByName: KindsByName,
  name: string,
  kinds: Kinds,
  fallback: Value | undefined,
): Value {
  const path = `cfg.${name}`;
  const domain = kindsByName(name);
  const whole = jsonWhole(R, path, domain);
  const left = leftOut(R, path);
  const takes = new Set([...kinds].flatMap((k) => KIND_LETTERS[k] ?? []));
  const all = kinds.includes('*');
  const out = whole.flatMap((a, i) => {
    const kind = domain[i]!;
    if (left.has(kind)) return [];
    if (kind === 'missing') return (fallback ?? one(UNBOUND)).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v }));
    if (kinds.includes('t') && kind === 'str') return dtypeText(R, path).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v }));
    return all || takes.has(kind) ? [a] : [];
  });
  return out;
}

/** The keys that hold the name of a dtype. */
const DTYPES: ReadonlySet<string> = new Set(['dtype', 'torch_dtype']);

/** The input of a key that is no field. */
export function restInput(R: Reader, kindsByName: KindsByName, key: string): Value {
  if (!DTYPES.has(key)) return jsonValue(R, `cfg.${key}`, kindsByName(key));
  const kinds: readonly Kind[] = ['missing', 'none', 'str'];
  return jsonWhole(R, `cfg.${key}`, kinds).flatMap((a, i) =>
    kinds[i] === 'str' ? dtypeText(R, `cfg.${key}`).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v })) : [a],
  );
}

/** The name of a dtype: one of finitely many texts. */
function dtypeText(R: Reader, path: string): Value {
  const options = dtypeOptions();
  const v = R.book.choice(
    `${path}.name`,
    options.map((o) => o.label),
  );
  return options.map((o, i) => ({ g: R.d.is(v, i), v: str(o.label) }));
}

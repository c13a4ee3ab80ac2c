/**
 * Which block size a worker settles on where several backends attend in one model. Backends differ in what they declare alone:
 * which sizes they take, and whether a method of their own says more of it. So it is read for two that declare this and that.
 */
import {
  builtinClass,
  entryFrame,
  findInClass,
  FALSE,
  int,
  list,
  nameIn,
  native,
  one,
  opaque,
  str,
  tuple,
} from '../python/index.ts';
import type { Atom, ClassAtom, Frame, InstanceAtom, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Shipper } from '../rules/index.ts';
import { callNamed } from './asking.ts';
import { eventsTerm, onlyRaises, plainTerm, termOf } from './terms.ts';

const MODULE = 'vllm.v1.attention.backend';
const SIZES = 'get_supported_kernel_block_sizes';
/** What the base of all backends says by the sizes alone; a backend may say it by itself. */
const OWN = ['supports_block_size', 'get_preferred_block_size'] as const;
/** Names by which a backend says anything of block sizes, or whether its layers keep a state. */
export const OF_SIZES: ReadonlySet<string> = new Set([
  SIZES,
  'supported_kernel_block_sizes',
  ...OWN,
  'customize_spec',
  'is_ssm',
]);

/** More declarations than this are not told. */
const MOST = 32;

/** What is not so in a model of which this is told: it keeps a state, or layers of it are told to have caches of another dtype. */
const PLAIN = [
  ['model_config', 'is_hybrid', () => FALSE],
  ['cache_config', 'kv_cache_dtype_skip_layers', () => list([])],
] as const;

/** What a backend declares: its sizes, in order, and for each of those methods whether it is the backend's own. */
interface Declaration {
  readonly sizes: readonly (number | string)[];
  readonly own: readonly boolean[];
}

const atomOf = ({ sizes, own }: Declaration): Atom =>
  tuple([
    one(tuple(sizes.map((n) => one(typeof n === 'number' ? int(n) : str(n))))),
    ...own.map((is) => (is ? one(str('own')) : one(str('base')))),
  ]);

/** What a class declares of block sizes, as rules hold it; nothing where it says nothing. */
export const declaredSizes = (R: Reader, frame: Frame, cls: Atom): Value =>
  cls.k === 'class' && nameIn(R, MODULE, 'AttentionBackend')
    ? declarationsOf(R, frame, cls).map(({ g, v }) => ({ g, v: 'why' in v ? opaque(v.why, MODULE) : atomOf(v) }))
    : [];

type Declared = { readonly g: Value[number]['g']; readonly v: Declaration | { readonly why: string } };

function declarationsOf(R: Reader, frame: Frame, cls: ClassAtom): readonly Declared[] {
  const base = nameIn(R, MODULE, 'AttentionBackend')?.[0]?.v;
  const own = OWN.map((name) => {
    const found = findInClass(R, cls, name);
    return base?.k !== 'class' || found?.value !== findInClass(R, base, name)?.value;
  });
  return callNamed(R, frame, cls, SIZES).flatMap(({ g, v }): Declared[] => {
    const items = v.k === 'list' && v.items.every((i) => i.g === YES) ? v.items.map((i) => i.v) : undefined;
    if (!items) return [{ g, v: { why: 'sizes of blocks' } }];
    const lists = items.reduce<readonly { readonly g: typeof g; readonly sizes: readonly (number | string)[] }[]>(
      (all, item) =>
        all.flatMap(({ g: before, sizes }) =>
          item.flatMap((a) => {
            const n = sizeOf(a.v);
            return n === undefined ? [] : [{ g: R.d.and(before, a.g), sizes: [...sizes, n] }];
          }),
        ),
      [{ g, sizes: [] }],
    );
    return lists.map(({ g: when, sizes }) => ({ g: when, v: { sizes, own } }));
  });
}

/** A size, or the number of which it is a multiple, as vLLM prints it. */
function sizeOf(v: Atom): number | string | undefined {
  if (v.k === 'int') return v.n;
  const base = v.k === 'instance' ? v.attrs.get('base')?.[0]?.v : undefined;
  return base?.k === 'int' ? `MultipleOf(${base.n})` : undefined;
}

/** A method that works out the block size, and the configuration and platform with which it is read. */
export interface Settling {
  readonly config: InstanceAtom;
  readonly settle: (frame: Frame, backends: readonly ClassAtom[]) => Value;
}

/**
 * Adds `blocks.kinds`, what backends declare, and for two of them, by their numbers in the order of the layers, `blocks.<i>+<j>`:
 * the block size of a model that keeps no state, and `.events`, what is raised; `blocks.<i>` for one alone.
 */
export function shipBlockSizes(R: Reader, ship: Shipper, backends: readonly ClassAtom[], settling: Settling): void {
  const base = nameIn(R, MODULE, 'AttentionBackend')?.[0]?.v;
  if (base?.k !== 'class') return;
  const kinds = declarations(R, backends);
  if (kinds.length > MOST) return;
  ship.add('blocks.kinds', { list: kinds.map((kind) => [YES, plainTerm()(atomOf(kind))] as const) });
  for (const [name, attr, value] of PLAIN) {
    const part = R.getAttr(entryFrame(R, MODULE), one(settling.config), name)[0]?.v;
    if (part?.k !== 'instance') return;
    part.attrs.set(attr, one(value()));
    part.version++;
  }
  const read = (name: string, of: readonly Declaration[]): void => {
    const frame = entryFrame(R, MODULE);
    const size = settling.settle(
      frame,
      of.map((kind) => declaring(R, base, kind)),
    );
    ship.add(`blocks.${name}`, termOf(size, plainTerm()));
    ship.add(`blocks.${name}.events`, eventsTerm(R, frame, ship, onlyRaises(frame.trace)));
  };
  for (const [i, first] of kinds.entries()) {
    read(`${i}`, [first]);
    for (const [j, second] of kinds.entries()) read(`${i}+${j}`, [first, second]);
  }
}

/** Everything that one of the backends may declare, and each of those sizes alone, once. */
function declarations(R: Reader, backends: readonly ClassAtom[]): readonly Declaration[] {
  const found = new Map<string, Declaration>();
  const put = (one: Declaration): void => void found.set(JSON.stringify([one.sizes, one.own]), one);
  for (const cls of backends)
    for (const { v } of declarationsOf(R, entryFrame(R, MODULE), cls)) {
      if ('why' in v) continue;
      put(v);
      for (const n of v.sizes) if (typeof n === 'number') put({ sizes: [n], own: OWN.map(() => false) });
    }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** A backend of which nothing is known but what it declares. */
function declaring(R: Reader, base: ClassAtom, { sizes, own }: Declaration): ClassAtom {
  const made = builtinClass('a backend', base, MODULE);
  const multiple = nameIn(R, MODULE, 'MultipleOf');
  const items = sizes.map((n) => ({ g: YES, v: typeof n === 'number' ? one(int(n)) : multipleOf(R, multiple, n) }));
  made.attrs.set(SIZES, one(native(SIZES, () => one(list(items)))));
  const unsaid = [...OWN.filter((_, i) => own[i]), 'get_name', 'customize_spec'];
  for (const name of unsaid) made.attrs.set(name, one(native(name, () => one(opaque(`${name} of a backend`, MODULE)))));
  return made;
}

function multipleOf(R: Reader, cls: Value | undefined, text: string): Value {
  const n = Number(/\d+/.exec(text)![0]);
  return R.call(entryFrame(R, MODULE), cls ?? [], { pos: [one(int(n))], kw: new Map() });
}

/* oxlint-disable max-lines -- one part of the tree, in one place */
/**
 * Reads a release's selection of attention backends for one platform: from `get_attn_backend` down to every backend
 * class, and what follows from the choice. The arguments and the configuration stay symbols; the result is a rule set.
 */
import {
  choose,
  createReader,
  dataFields,
  entryFrame,
  FALSE as FALSE_ATOM,
  fieldDefault,
  flagInput,
  flatten,
  findInClass,
  finishDataclass,
  fresh,
  int,
  iterate,
  kindInput,
  log,
  moduleAttr,
  moduleScope,
  nameIn,
  newInstance,
  NONE as NONE_ATOM,
  NONE_VALUE,
  one,
  TRUE as TRUE_ATOM,
  under,
  union,
} from '../python/index.ts';
import type { Atom, ClassAtom, Frame, FuncAtom, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { createBook, WhichattnError, YES } from '../rules/index.ts';
import type { Cond, RuleSet, Shipper, Term } from '../rules/index.ts';
import { ask, callNamed, currentConfig, firstModule } from './asking.ts';
import { shipBlockSize, shipCudagraphMode, shipIsState, shipSeveral, shipStatesAlone } from './built.ts';
import { shipLayouts } from './builtlayout.ts';
import { shipDrafter } from './drafter.ts';
import { graphSupport } from './graphsupport.ts';
import { dtype, dtypeInput } from './outside.ts';
import { shipAtImport } from './atimport.ts';
import { standForModel } from './statecache.ts';
import { shipStateBackends } from './mamba.ts';
import { shipMlaPrefill } from './mlaprefill.ts';
import { shipFieldText } from './parsing.ts';
import { COMPLETES, placeOfClass, shipRegistered, startOf, whereRead } from './pluginstart.ts';
import { typed } from './records.ts';
import { listedClass, registryMembers } from './registered.ts';
import { createShipment, eventsTerm, onlyRaises, plainTerm, reasonsTerm, termOf } from './terms.ts';
import type { Tree } from './tree.ts';
import { createWorld } from './world.ts';
import type { Plugged } from './world.ts';
import { withGroups } from './groups.ts';
import { shipBuilder } from './builders.ts';
import { baseClass } from './chosen.ts';
import { shipSaid } from './classsays.ts';
import { shipImplementation } from './implementations.ts';

/** Something that was not read exactly, or was told instead of read: what, where, and how often it was met. */
export interface Unread {
  readonly kind: 'opaque' | 'outside' | 'assumed' | 'skipped' | 'modelled' | 'elsewhere';
  readonly what: string;
  readonly place: string;
  readonly count: number;
}

export interface Selection {
  readonly rules: RuleSet;
  /** What follows once a model is built: see `shipBlockSize` and `shipCudagraphMode`. */
  readonly built: RuleSet;
  readonly notes: readonly Unread[];
}

const plain = plainTerm();

const incomplete = (what: string): WhichattnError =>
  new WhichattnError({
    code: 'incomplete-tree',
    what: `The tree has ${what}`,
    why: 'Without it nothing says how a backend is selected.',
    todo: 'Give the whole source release, or the wheel.',
  });

/**
 * Reads the selection of one platform, and `withBuilt` what follows once a model is built. Throws when the tree has no
 * selector.
 */
// oxlint-disable-next-line max-lines-per-function -- one step after the other, as vLLM takes them
export function readSelection(tree: Tree, platform: string, withBuilt = true, plugged?: Plugged): Selection {
  const book = createBook();
  const R = createReader(book, withGroups(createWorld(tree, platform, plugged)));
  const ship = createShipment(R);
  const selector = firstModule(R, ['vllm.v1.attention.selector', 'vllm.attention.selector']);
  if (!selector) throw incomplete('no attention selector: vllm/v1/attention/selector.py');
  const fn = nameIn(R, selector, 'get_attn_backend')?.[0]?.v as FuncAtom | undefined;
  if (!fn) throw incomplete(`no get_attn_backend in ${selector}`);

  const known = nameIn(R, 'vllm.platforms', 'current_platform')?.find((a) => a.v.k === 'instance');
  if (!known) throw incomplete('no current_platform: vllm/platforms/__init__.py');
  const current = known.v as InstanceAtom;
  const read = plugged ? startOf(R, selector, ship, current, plugged) : YES;
  const chosen = watch(R, current, CHOOSER, 'platform');
  watch(R, current, LISTER, 'list');

  const config = ask(R, selector, (frame) => attentionConfig(R, frame, ship));
  const kw = completedCall(R, selector, ship, current, callArguments(R, fn));
  const main = ask(R, selector, (frame) => {
    const value = under(R, frame, read, () => R.call(frame, one(fn), { pos: [], kw })) ?? [];
    return plugged ? whereRead(R, value, read, placeOfClass(current)) : value;
  });
  ship.add('selection.events', eventsTerm(R, main.frame, ship, [...config.events, ...main.events]));
  ship.add('selection.class', termOf(main.value, plain));
  ship.add(
    'selection.name',
    termOf(ask(R, selector, (f) => each(R, f, main.value, (c) => callNamed(R, f, c, 'get_name'))).value, plain),
  );

  const asked = chosen.args;
  if (asked) askedWith(ship, asked, callArguments(R, fn));
  startOfWorker(R, selector, ship, current);

  layoutSet(R, selector, ship);
  const backends = registryMembers(R);
  const listed = new Set<string>();
  if (plugged) shipRegistered(R, selector, ship, backends);
  if (asked) {
    const reading: Listing = { R, selector, ship, platform: current, backends };
    const toList = askedOfList(R, selector, current, asked) ?? asked;
    for (const name of candidates(reading, toList, '')) listed.add(name);
    requested(reading, toList, '');
    // where the list is not told all that the platform was asked, what its backends say of all that is told too
    const whole = leftIn(toList, asked);
    if (whole) {
      candidates(reading, whole, AS_ASKED);
      requested(reading, whole, AS_ASKED);
    }
  }
  shipAtImport(R, ship, current);
  flashAttention(R, selector, ship);
  follow(R, selector, ship, [...backends.flatMap((b) => listedClass(R, selector, b)), ...unlisted(main.value)]);
  vit(R, selector, ship, current);
  const holder = currentConfig(R);
  if (holder) shipMlaPrefill(R, ship, holder);
  const states = shipStateBackends(R, ship, selector).map((of): Named => ({ ...of, name: pathOf(of.cls) }));
  follow(R, selector, ship, states);
  // of a backend that the platform does not list hardly anybody asks more
  const followed = backends.filter((b) => listed.size === 0 || listed.has(b.member!));
  const built = [...followed.flatMap((b) => listedClass(R, selector, b)), ...states];
  if (holder) builders(R, selector, ship, holder, built);
  const classes = backends.flatMap((b) => listedClass(R, selector, b));
  implementations(R, selector, ship, classes);
  const base = withBuilt ? baseClass(R, selector, 'get_attn_backend') : undefined;
  if (base) shipSaid(R, ship, base, classes);
  const after = createShipment(R);
  if (holder && withBuilt)
    builtRules({ R, selector, ship: after, platform: current, backends }, holder, { states, followed });
  const notes = [...R.notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return { rules: ship.ship(), built: after.ship(), notes };
}

/** The platform's methods that choose a backend, and that list its backends with what each says. */
const CHOOSER = 'get_attn_backend_cls';
const LISTER = 'get_valid_backends';
/** Its argument for the backend that is asked for by name. */
const REQUESTED = 'selected_backend';

/** Before the names of terms that tell what the backends say of the arguments that the platform was asked with. */
const AS_ASKED = 'as_asked.';

/** A method of a class, without what binds it. */
function methodOf(R: Reader, cls: ClassAtom, name: string): FuncAtom | undefined {
  const found = findInClass(R, cls, name)?.value[0]?.v;
  const inner = found?.k === 'classmethod' ? found.fn[0]!.v : found;
  return inner?.k === 'func' ? inner : undefined;
}

type Arguments = ReadonlyMap<string, Value>;

/** Keeps what a method of the platform is asked with last, and marks in the trace that it is asked. */
function watch(R: Reader, platform: InstanceAtom, name: string, mark: string): { args: Arguments | undefined } {
  const kept: { args: Arguments | undefined } = { args: undefined };
  const method = methodOf(R, platform.cls, name);
  if (method)
    R.observers.set(`${method.module.name}.${method.qualname}`, (args, frame) => {
      kept.args = new Map(args);
      // told to the trace, so that an error before it is known to come before it
      log(R, frame, 'MARK', [{ p: 'lit', s: mark }]);
    });
  return kept;
}

/** What the platform's list is asked with where no backend is asked for by name; undefined where there is no list. */
function askedOfList(R: Reader, selector: string, platform: InstanceAtom, asked: Arguments): Arguments | undefined {
  const list = watch(R, platform, LISTER, 'list');
  const kw = new Map([...asked].slice(1));
  if (!kw.has(REQUESTED)) return undefined;
  kw.set(REQUESTED, NONE_VALUE);
  ask(R, selector, (f) => R.call(f, R.attrOf(f, platform, CHOOSER)!, { pos: [], kw }));
  return list.args;
}

/** These arguments with what was asked in the place of what was left out for the list; undefined where nothing was. */
function leftIn(listed: Arguments, asked: Arguments): Arguments | undefined {
  const changed = [...listed].flatMap(([name, value]) => {
    const own = asked.get(name) && leftInValue(value, asked.get(name)!);
    return own ? [[name, own] as const] : [];
  });
  return changed.length > 0 ? new Map([...listed, ...changed]) : undefined;
}

function leftInValue(value: Value, asked: Value): Value | undefined {
  const [a, b] = [value[0]?.v, asked[0]?.v];
  if (value.length !== 1 || a === undefined || b === undefined) return undefined;
  if (a.k === 'none') return asked.every((x) => x.v.k === 'none') ? undefined : asked;
  if (a === b) return undefined;
  if (a.k !== 'tuple' || b.k !== 'tuple' || asked.length !== 1) return undefined;
  const items = a.items.map((item, i) => leftInValue(item, b.items[i] ?? item));
  if (items.every((item) => item === undefined)) return undefined;
  return one({ ...a, id: fresh(), items: items.map((item, i) => item ?? a.items[i]!) });
}

const NONE_NODE: Node = { nodeType: 'Constant', value: null };

/**
 * The arguments of the call. Where the block size is one of them it is, unless the question says otherwise, the one that the
 * configuration has once the platform completed it: so the layers ask. What else the platform sets is set, too.
 */
function completedCall(
  R: Reader,
  selector: string,
  ship: Shipper,
  platform: InstanceAtom,
  call: Map<string, Value>,
): Map<string, Value> {
  const config = currentConfig(R);
  if (!config || !call.has('block_size')) return call;
  const cache = R.getAttr(entryFrame(R, selector), one(config), 'cache_config')[0]?.v;
  if (cache?.k !== 'instance') return call;
  const field = dataFields(R, cache.cls).find((f) => f.name === 'block_size');
  const unsaid = field && fieldDefault(R, entryFrame(R, selector), field);
  if (!field || !unsaid) return call;
  ship.add('default.cache_config.block_size', termOf(unsaid, plain));
  // before the platform completes it, it may be what nobody said
  const either: Node = { nodeType: 'BinOp', left: field.node.annotation as Node, right: NONE_NODE };
  if (unsaid.some((a) => a.v.k === 'none'))
    cache.attrs.set('block_size', typed(R, either, field.owner, 'cache_config.block_size'));
  const steps: (readonly [Cond, Term, readonly number[]])[] = [];
  cache.onSet = (name, now, place) => {
    if (name === 'block_size') steps.push([YES, termOf(now, plain), [ship.place(place)]]);
  };
  ask(R, selector, (f) => callNamed(R, f, platform, COMPLETES, [one(config)]));
  delete cache.onSet;
  ship.add('completed.block_size', { list: steps });
  const left = ask(R, selector, (f) => R.getAttr(f, one(cache), 'block_size')).value;
  const given = call.get('block_size')!;
  const missing = given.find((a) => a.v.k === 'unbound')!.g;
  const value = choose(
    R.d,
    missing,
    left,
    given.filter((a) => a.v.k !== 'unbound'),
  );
  return new Map([...call, ['block_size', value]]);
}

/** What follows for the block size and the mode of CUDA graphs once a model is built, for each backend. */
function builtRules(
  { R, selector, ship, platform, backends }: Listing,
  config: InstanceAtom,
  { states, followed }: { readonly states: readonly Named[]; readonly followed: readonly InstanceAtom[] },
): void {
  // what the model's class says of its layers is not known here, and so neither is what stands in it
  R.lenient = true;
  standForModel(R);
  const listed = backends.flatMap((member) => listedClass(R, selector, member));
  for (const backend of listed) shipBlockSize(R, ship, { config, platform }, backend);
  shipStatesAlone(R, ship, { config, platform });
  for (const { name, cls } of [...listed, ...states]) shipIsState(R, ship, name, cls);
  shipCudagraphMode(R, ship, config);
  shipDrafter(R, ship, config);
  const classes = listed.map(({ cls }) => cls);
  shipLayouts(R, ship, config, classes);
  // last, since the model then keeps no state
  const likely = followed.flatMap((member) => listedClass(R, selector, member)).map(({ cls }) => cls);
  shipSeveral(R, ship, { config, platform }, likely);
}

/** What the platform is asked with: the fields of a tuple with arguments of the call among them, else its own arguments. */
function askedWith(ship: Shipper, asked: Arguments, call: Arguments): void {
  const fields = [...asked.values()].map(fieldsOf).find((of) => of?.some(([name]) => call.has(name)));
  for (const [name, value] of fields ?? [...asked].filter(([own]) => call.has(own)))
    ship.add(`asked.${name}`, termOf(value, askedTerm));
}

/** The fields of a named tuple. */
function fieldsOf(value: Value): (readonly [string, Value])[] | undefined {
  const [made, ...others] = value;
  if (made?.v.k !== 'tuple' || made.v.cls === undefined || others.length > 0) return undefined;
  const names = made.v.cls.attrs.get('_fields')?.[0]?.v;
  if (names?.k !== 'tuple') return undefined;
  const { items } = made.v;
  return names.items.map((name, i) => [name[0]?.v.k === 'str' ? name[0].v.s : '', items[i] ?? []] as const);
}

/** A field as Python prints it: a dtype by its short name, a member of an enumeration by its value. */
const askedTerm = (v: Atom): Term => {
  if (v.k === 'outside' && v.constant) return v.name.replace(/^torch\./, '');
  const own = v.k === 'instance' && v.member !== undefined ? v.attrs.get('_value_')?.[0]?.v : undefined;
  return own?.k === 'str' ? own.s : plain(v);
};

/** What a worker checks of the model's dtype before it builds the model, in platforms that do. */
function startOfWorker(R: Reader, selector: string, ship: Shipper, platform: InstanceAtom): void {
  const name = 'check_if_supports_dtype';
  if (!findInClass(R, platform.cls, name)) return;
  const { events, frame } = ask(R, selector, (f) =>
    callNamed(R, f, platform, name, [dtypeInput(R, 'model_config.dtype')]),
  );
  ship.add('worker.events', eventsTerm(R, frame, ship, onlyRaises(events)));
}

/** The variable of the environment by which a backend is asked for, where the configuration has no place for it. */
const REQUEST_VARIABLE = 'VLLM_ATTENTION_BACKEND';

/** Makes the attention configuration from its inputs, so that what its constructor does and raises is read too. */
function attentionConfig(R: Reader, frame: Frame, ship: Shipper): Value {
  const made = nameIn(R, 'vllm.config.attention', 'AttentionConfig');
  const cls = made?.[0]?.v;
  if (cls?.k !== 'class') {
    ship.add('request.fact', `env.${REQUEST_VARIABLE}`);
    return [];
  }
  const fields = new Map<string, Value>();
  for (const c of cls.mro)
    for (const s of c.scope?.body ?? [])
      if (s.nodeType === 'AnnAssign' && (s.target as Node).nodeType === 'Name') {
        const name = (s.target as Node).id as string;
        if (!fields.has(name)) fields.set(name, typed(R, s.annotation as Node, c, `attention_config.${name}`));
      }
  ship.add('class.attention_config', cls.name);
  for (const f of dataFields(R, cls)) {
    const value = fieldDefault(R, frame, f);
    // a default that is no plain value (an empty dictionary) is asked for under names of its own
    if (value?.every((a) => a.v.k !== 'dict' && a.v.k !== 'list'))
      ship.add(`default.attention_config.${f.name}`, termOf(value, plain));
  }
  shipFieldText(R, ship, cls.module!.name, cls, 'attention_config', 'backend');
  // the inputs are of the fields' types already: their validators have nothing to turn, what comes after them runs
  const self = newInstance(cls);
  for (const [name, value] of fields) self.attrs.set(name, value);
  finishDataclass(R, frame, self, cls);
  const value = one(self);
  const holder = currentConfig(R);
  if (holder) holder.attrs.set('attention_config', value);
  return value;
}

/** The arguments of `get_attn_backend` as inputs `call.<name>` of the types its signature names. */
function callArguments(R: Reader, fn: FuncAtom): Map<string, Value> {
  const a = fn.node.args as Node;
  const params = [...((a.posonlyargs as Node[] | undefined) ?? []), ...(a.args as Node[]), ...(a.kwonlyargs as Node[])];
  const owner = { module: fn.module } as unknown as ClassAtom;
  const out = new Map<string, Value>();
  for (const p of params) {
    const name = p.arg as string;
    out.set(name, argument(R, fn, name, p.annotation as Node, owner));
  }
  return out;
}

function argument(R: Reader, fn: FuncAtom, name: string, annotation: Node, owner: ClassAtom): Value {
  const path = `call.${name}`;
  if (name === 'dtype') return dtypeInput(R, path);
  // left out by a question that has the layers take the configuration's
  if (name === 'block_size') return kindInput(R, path, ['missing', 'none', 'int']);
  // the annotation says `str`; the values that exist are those of the release's own types
  const narrower = { kv_cache_dtype: 'CacheDType', attn_type: 'AttentionType' }[name];
  if (narrower) {
    const named: Node = {
      nodeType: 'BinOp',
      left: { nodeType: 'Name', id: narrower },
      right: NONE_NODE,
    };
    // a cache dtype may be any text: plug-ins add their own
    const nullable: Node =
      name === 'kv_cache_dtype' ? { nodeType: 'BinOp', left: named, right: { nodeType: 'Name', id: 'str' } } : named;
    const module = narrower === 'CacheDType' ? moduleScope(R, 'vllm.config.cache') : fn.module;
    const type = module && moduleAttr(R, module, narrower)?.[0]?.v;
    // a class of plain texts has no members of its own
    if (module && type && (type.k !== 'class' || type.enumMembers))
      return typed(R, nullable, { module } as unknown as ClassAtom, path);
  }
  return typed(R, annotation, owner, path);
}

function each(R: Reader, frame: Frame, value: Value, work: (v: Atom) => Value): Value {
  return union(
    R.d,
    value.flatMap((a) => (under(R, frame, a.g, () => work(a.v)) ?? []).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v }))),
  );
}

/** The KV cache layout that the selection itself sets, in releases where it does: by the backend, and as it resolves. */
function layoutSet(R: Reader, selector: string, ship: Shipper): void {
  const module = firstModule(R, ['vllm.v1.attention.backends.utils', 'vllm.attention.backends.utils']);
  if (!module) return;
  const scope = moduleScope(R, module)!;
  const [name] = scope.changing;
  const set = name ? moduleAttr(R, scope, name) : undefined;
  const resolve = nameIn(R, module, 'get_kv_cache_layout');
  if (!set || !resolve) return;
  ship.add('kv_layout.override_set', termOf(set, plain));
  const { value, events, frame } = ask(R, selector, (f) => R.call(f, resolve, { pos: [], kw: new Map() }));
  ship.add('kv_layout.resolved', termOf(value, plain));
  ship.add('kv_layout.events', eventsTerm(R, frame, ship, onlyRaises(events)));
}

/** Where the backends are read, and for whom. */
interface Listing {
  readonly R: Reader;
  readonly selector: string;
  readonly ship: Shipper;
  readonly platform: InstanceAtom;
  readonly backends: readonly InstanceAtom[];
}

/** The ranked list with every refusal, from the platform's own function where it has one. Gives all names that may be on it. */
// oxlint-disable-next-line max-lines-per-function -- one step after the other, as vLLM takes them
function candidates(
  { R, selector, ship, platform }: Listing,
  asked: Arguments,
  prefix: '' | typeof AS_ASKED,
): readonly string[] {
  const fn = methodOf(R, platform.cls, LISTER);
  if (!fn) return [];
  const { value, events, frame } = ask(R, selector, (f) => {
    const kw = new Map<string, Value>();
    for (const name of parametersOf(fn).slice(1))
      if (name === 'device_capability') kw.set(name, callNamed(R, f, platform, 'get_device_capability'));
      else if (asked.has(name)) kw.set(name, asked.get(name)!);
    return R.call(f, R.attrOf(f, platform, LISTER)!, { pos: [], kw });
  });
  ship.add(`${prefix}candidates.events`, eventsTerm(R, frame, ship, onlyRaises(events)));
  const pair = value.find((a) => a.v.k === 'tuple')?.v;
  if (pair?.k !== 'tuple') return [];
  const [valid, invalid] = pair.items as [Value, Value];
  const names: [number, Term][] = [];
  const priorities: [number, Term][] = [];
  // in the order of priority: items of lists that exclude each other may stand between
  const items = iterate(R, frame, valid).flatMap((i) => i.v.map((a) => ({ g: R.d.and(i.g, a.g), v: a.v })));
  for (const i of items) {
    const backend = memberOf(R, frame, i.v);
    for (const b of backend ?? []) {
      names.push([R.d.and(i.g, b.g), plain(b.v)]);
      priorities.push([R.d.and(i.g, b.g), termOf(priorityOf(R, frame, i.v), plain)]);
    }
  }
  ship.add(`${prefix}candidates.valid`, { list: names });
  const refused: [number, Term][] = [];
  for (const { g, v } of invalid)
    if (v.k === 'dict')
      for (const e of v.entries) {
        const reasons = each(R, frame, e.v, (x) => (x.k === 'tuple' ? x.items.at(-1)! : one(x)));
        const priority = each(R, frame, e.v, (x) => (x.k === 'tuple' ? x.items[0]! : []));
        const record: Record<string, Term> = { backend: plain(e.key), reasons: reasonsTerm(R, frame, ship, reasons) };
        if (priority.length > 0) record.priority = termOf(priority, plain);
        refused.push([R.d.and(g, e.g), { record }]);
      }
  // where what is refused comes without its priority, that of the others tells it: the refused fill the gaps in their order
  if (refused.some(([, t]) => !('priority' in (t as { record: object }).record)))
    ship.add(`${prefix}candidates.priorities`, { list: priorities });
  ship.add(`${prefix}candidates.refused`, { list: refused });
  const refusedNames = refused.map(([, t]) => (t as { record: Record<string, Term> }).record.backend!);
  return [...names.map(([, t]) => t), ...refusedNames].filter((name) => typeof name === 'string');
}

/** The registry member of a candidate, whether it is a tuple of several things or the member itself. */
function memberOf(R: Reader, frame: Frame, v: Atom): Value | undefined {
  if (v.k === 'instance' && v.member !== undefined) return one(v);
  if (v.k !== 'tuple') return undefined;
  const named = v.cls ? R.attrOf(frame, v, 'backend') : undefined;
  return named ?? v.items[0];
}

/** The priority of a candidate that comes with it. */
function priorityOf(R: Reader, frame: Frame, v: Atom): Value {
  if (v.k !== 'tuple') return [];
  return (v.cls ? R.attrOf(frame, v, 'priority') : v.items[1]) ?? [];
}

/** The method with which a backend says what speaks against it. */
const VALIDATOR = 'validate_configuration';

const parametersOf = (fn: FuncAtom | undefined): string[] => {
  const a = fn?.node.args as Node | undefined;
  return a ? [...(a.args as Node[]), ...(a.kwonlyargs as Node[])].map((p) => p.arg as string) : [];
};

/**
 * For every backend: what it says of the configuration that is asked, whether or not it is on the list. Backends are asked
 * with the capability of the device: a platform that knows none asks none of them.
 */
function requested(
  { R, selector, ship, platform, backends }: Listing,
  asked: Arguments,
  prefix: '' | typeof AS_ASKED,
): void {
  const tuple = asked.get('attn_selector_config');
  const capability = ask(R, selector, (f) => callNamed(R, f, platform, 'get_device_capability')).value;
  if (capability.every((a) => a.v.k === 'none')) return;
  for (const member of backends) {
    const { value, events, frame } = ask(R, selector, (f) => {
      const cls = callNamed(R, f, member, 'get_class');
      return each(R, f, cls, (c) => {
        const method = R.attrOf(f, c, VALIDATOR);
        if (!method) return [];
        const names = new Set(tuple ? [] : parametersOf(methodOf(R, c as ClassAtom, VALIDATOR)).slice(1));
        const kw = new Map(tuple ? fieldsOf(tuple) : [...asked].filter(([name]) => names.has(name)));
        kw.set('device_capability', capability);
        const type = kw.get('attn_type');
        if (type?.some((a) => a.v.k === 'none')) kw.set('attn_type', decoderWhereNone(R, f, type));
        return R.call(f, method, { pos: [], kw });
      });
    });
    ship.add(`${prefix}requested.${member.member!}`, {
      record: { reasons: reasonsTerm(R, frame, ship, value), events: eventsTerm(R, frame, ship, onlyRaises(events)) },
    });
  }
}

/** A layer of no stated kind is a decoder's, as where a platform asks its backends. */
function decoderWhereNone(R: Reader, frame: Frame, type: Value): Value {
  const module = firstModule(R, ['vllm.v1.attention.backend', 'vllm.attention.backends.abstract']);
  const kinds = module ? nameIn(R, module, 'AttentionType')?.[0]?.v : undefined;
  const decoder = kinds && R.attrOf(frame, kinds, 'DECODER');
  return union(
    R.d,
    type.flatMap(({ g, v }) => (v.k === 'none' ? (decoder ?? []).map((d) => ({ g, v: d.v })) : [{ g, v }])),
  );
}

/** A backend by the name under which its class's facts are kept. */
interface Named {
  readonly name: string;
  readonly cls: ClassAtom;
  /** The specification of its cache, where that is none of keys and values. */
  readonly spec?: Value;
}

const pathOf = (cls: ClassAtom): string => `${cls.modname}.${cls.qualname}`;

/** The classes among these that may be chosen, by their paths: no member of the registry may stand for them. */
const unlisted = (chosen: Value): readonly Named[] =>
  chosen.flatMap(({ v }) => (v.k === 'class' ? [{ name: `${v.modname}.${v.qualname}`, cls: v }] : []));

/**
 * What follows from each choice: block sizes, KV layout, CUDA-graph support. A class is told of once, under the first of
 * its names.
 */
function follow(R: Reader, selector: string, ship: Shipper, backends: readonly Named[]): void {
  const told = new Set<string>();
  for (const { name: key, cls: certain, spec } of backends) {
    const path = `${certain.modname}.${certain.qualname}`;
    if (key === path && told.has(path)) continue;
    told.add(path);
    const record: Record<string, Term> = { class: path };
    const fact = (name: string, work: (f: Frame) => Value): void => {
      const { value, events } = ask(R, selector, work);
      // where working it out raises there is no value
      const fails = flatten(R, events)
        .flatMap((e) => (e.kind === 'raise' ? [e] : []))
        .map((e) => [e.g, null as Term] as const);
      if (value.length || fails.length) {
        const own = termOf(value, sizeTerm);
        record[name] = fails.length ? { pick: [...fails, [YES, own]] } : own;
      }
    };
    fact('name', (f) => callNamed(R, f, certain, 'get_name'));
    fact('supported_block_sizes', (f) => kernelBlockSizes(R, f, certain));
    // a cache of states has blocks of its own size
    if (!spec) fact('block_size', (f) => callNamed(R, f, certain, 'get_preferred_block_size', [one(int(16))]));
    fact('kv_layout.required', (f) => callNamed(R, f, certain, 'get_required_kv_cache_layout'));
    fact('kv_layout.supported', (f) => callNamed(R, f, certain, 'supported_kv_cache_layouts'));
    fact('cudagraph_support', (f) => graphSupport(R, f, certain, () => spec ?? kvCacheSpec(R, f)));
    if (usesFlashAttention(R, certain)) record.flash_attention = true;
    ship.add(`backend.${key}`, { record });
  }
}

/** The block sizes that a backend's kernels take: what its method gives, in some releases an attribute. */
const kernelBlockSizes = (R: Reader, frame: Frame, cls: ClassAtom): Value =>
  R.attrOf(frame, cls, 'get_supported_kernel_block_sizes')
    ? callNamed(R, frame, cls, 'get_supported_kernel_block_sizes')
    : (R.attrOf(frame, cls, 'supported_kernel_block_sizes') ?? []);

/** Whether the module of a backend takes in FlashAttention's kernel, or the function that chooses its version. */
const usesFlashAttention = (R: Reader, cls: ClassAtom): boolean =>
  ['get_flash_attn_version', 'flash_attn_varlen_func'].some((name) => nameIn(R, cls.modname, name) !== undefined);

/** `MultipleOf(n)` is written as vLLM prints it; an enum member by its name. */
const sizeTerm = (v: Atom): Term => {
  if (v.k === 'instance' && v.attrs.has('base')) {
    const base = v.attrs.get('base')!;
    return termOf(base, (b) => (b.k === 'int' ? `MultipleOf(${b.n})` : plain(b)));
  }
  if (v.k === 'list' || v.k === 'set') return { list: v.items.map((i) => [i.g, termOf(i.v, sizeTerm)] as const) };
  if (v.k === 'tuple') return { list: v.items.map((i) => [YES, termOf(i, sizeTerm)] as const) };
  return plain(v);
};

/** The FlashAttention version, in releases that have a function for it. */
function flashAttention(R: Reader, selector: string, ship: Shipper): void {
  const versions = flashAttentionVersion(R, selector);
  if (!versions) return;
  ship.add('flash_attn_version.attention', versions.attention);
  ship.add('flash_attn_version.mla', versions.mla);
}

/** The FlashAttention version for the call's head size, sinks and block size; without a head size for MLA. */
function flashAttentionVersion(R: Reader, selector: string): { attention: Term; mla: Term } | undefined {
  const module = firstModule(R, ['vllm.v1.attention.backends.fa_utils', 'vllm.attention.utils.fa_utils']);
  const fn = module ? nameIn(R, module, 'get_flash_attn_version')?.[0]?.v : undefined;
  if (fn?.k !== 'func') return undefined;
  const a = fn.node.args as Node;
  const params = new Set([...(a.args as Node[]), ...(a.kwonlyargs as Node[])].map((p) => p.arg as string));
  const { value: attention } = ask(R, selector, (f) => {
    const selectorFn = nameIn(R, selector, 'get_attn_backend')![0]!.v as FuncAtom;
    const call = callArguments(R, selectorFn);
    const config = currentConfig(R);
    const kw = new Map<string, Value>();
    if (params.has('head_size')) kw.set('head_size', call.get('head_size')!);
    if (params.has('has_sinks') && call.has('has_sink')) kw.set('has_sinks', call.get('has_sink')!);
    if (params.has('kv_cache_block_size')) {
      const cache = config ? R.getAttr(f, one(config), 'cache_config') : [];
      const given = R.getAttr(f, cache, 'user_specified_block_size');
      kw.set(
        'kv_cache_block_size',
        each(R, f, given, (v) => (v.k === 'bool' && v.b ? R.getAttr(f, cache, 'block_size') : one(NONE_ATOM))),
      );
    }
    // facts of the layer that the selection is not asked with
    if (params.has('requires_alibi')) kw.set('requires_alibi', flagInput(R, 'layer.alibi'));
    if (params.has('requires_softcap')) kw.set('requires_softcap', flagInput(R, 'layer.softcap'));
    if (params.has('supports_fa4_hd256')) kw.set('supports_fa4_hd256', one(TRUE_ATOM));
    return R.call(f, one(fn), { pos: [], kw });
  });
  const { value: mla } = ask(R, selector, (f) => R.call(f, one(fn), { pos: [], kw: new Map() }));
  return { attention: termOf(attention, plain), mla: termOf(mla, plain) };
}

/** A KV cache specification as the attention layer makes it: of the call's head size, dtype and KV dtype. */
function kvCacheSpec(R: Reader, frame: Frame, size: Value = one(int(16))): Value {
  const module = 'vllm.v1.kv_cache_interface';
  const full = nameIn(R, module, 'FullAttentionSpec')?.[0]?.v;
  const mla = nameIn(R, module, 'MLAAttentionSpec')?.[0]?.v;
  const selector = firstModule(R, ['vllm.v1.attention.selector', 'vllm.attention.selector'])!;
  const call = callArguments(R, nameIn(R, selector, 'get_attn_backend')![0]!.v as FuncAtom);
  const useMla = call.get('use_mla')!;
  return each(R, frame, useMla, (flag) => {
    const yes = flag.k === 'bool' && flag.b;
    const cls = yes && mla?.k === 'class' ? mla : full;
    if (cls?.k !== 'class') return [];
    const names = new Set(fieldNames(cls));
    const kw = new Map<string, Value>();
    const put = (name: string, value: Value | undefined): void =>
      void (value && names.has(name) && kw.set(name, value));
    put('block_size', size);
    put(
      'num_kv_heads',
      yes
        ? one(int(1))
        : callNamed(R, frame, R.getAttr(frame, one(currentConfig(R)!), 'model_config')[0]!.v, 'get_num_kv_heads', [
            one(NONE_ATOM),
          ]),
    );
    put('head_size', call.get('head_size'));
    put('dtype', specDtype(R, frame, call));
    put('use_mla', one(yes ? TRUE_ATOM : FALSE_ATOM));
    put('cache_dtype_str', call.get('kv_cache_dtype'));
    const mode = nameIn(R, module, 'get_kv_quant_mode');
    if (mode) put('kv_quant_mode', R.call(frame, mode, { pos: [call.get('kv_cache_dtype')!], kw: new Map() }));
    return R.call(frame, one(cls), { pos: [], kw });
  });
}

const fieldNames = (cls: ClassAtom): string[] =>
  cls.mro.flatMap((c) =>
    (c.scope?.body ?? []).filter((s) => s.nodeType === 'AnnAssign').map((s) => (s.target as Node).id as string),
  );

/** fp8 caches hold bytes; others the dtype of the call. */
function specDtype(R: Reader, frame: Frame, call: ReadonlyMap<string, Value>): Value {
  return each(R, frame, call.get('kv_cache_dtype')!, (v) =>
    v.k === 'str' && v.s.startsWith('fp8') ? dtype('uint8') : call.get('dtype')!,
  );
}

/** The backend of the vision encoder. */
function vit(R: Reader, selector: string, ship: Shipper, platform: InstanceAtom): void {
  const found = findInClass(R, platform.cls, 'get_vit_attn_backend')?.value[0]?.v;
  const fn = found?.k === 'classmethod' ? found.fn[0]!.v : found;
  if (fn?.k !== 'func') return;
  const a = fn.node.args as Node;
  const params = [...(a.args as Node[]), ...(a.kwonlyargs as Node[])].slice(1);
  const { value, events, frame } = ask(R, selector, (f) => {
    const kw = new Map<string, Value>();
    for (const p of params) {
      const name = p.arg as string;
      kw.set(
        name,
        name === 'dtype'
          ? dtypeInput(R, 'vit.dtype')
          : typed(R, p.annotation as Node, { module: fn.module } as unknown as ClassAtom, `vit.${name}`),
      );
    }
    return R.call(f, R.attrOf(f, platform, 'get_vit_attn_backend')!, { pos: [], kw });
  });
  ship.add('vit.events', eventsTerm(R, frame, ship, events));
  // older releases return the choice with a second value
  const first = each(R, frame, value, (v) => (v.k === 'tuple' ? v.items[0]! : one(v)));
  ship.add('vit.backend', termOf(first, plain));
  if (findInClass(R, platform.cls, 'get_supported_vit_attn_backends')) {
    const { value: supported } = ask(R, selector, (f) => callNamed(R, f, platform, 'get_supported_vit_attn_backends'));
    ship.add('vit.supported', termOf(supported, plain));
  }
}

/** What making the implementation of each backend raises. */
function implementations(R: Reader, selector: string, ship: Shipper, backends: readonly Named[]): void {
  const call = new Map(callArguments(R, nameIn(R, selector, 'get_attn_backend')![0]!.v as FuncAtom));
  const type = call.get('attn_type');
  // a layer that says nothing is a decoder's
  if (type) call.set('attn_type', decoderWhereNone(R, entryFrame(R, selector), type));
  for (const { name, cls } of backends) if (!name.includes('.')) shipImplementation(R, ship, { name, cls, call });
}

/** What the metadata builder of each backend settles. */
function builders(R: Reader, selector: string, ship: Shipper, config: InstanceAtom, backends: readonly Named[]): void {
  // what the interpreter would raise of what is not known here is none of the backend's
  R.lenient = true;
  const call = callArguments(R, nameIn(R, selector, 'get_attn_backend')![0]!.v as FuncAtom);
  const size = kindInput(R, 'kv_cache_spec.block_size', ['int']);
  const told = new Set<string>();
  for (const { name, cls, spec } of backends) {
    const path = pathOf(cls);
    if (name === path && told.has(path)) continue;
    told.add(path);
    shipBuilder(R, ship, config, { name, cls, call, spec: (frame) => spec ?? kvCacheSpec(R, frame, size) });
  }
}

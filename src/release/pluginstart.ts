/** What a start does of a plug-in before a layer asks for a backend, and what that changed. */
import {
  choose,
  dict,
  flagInput,
  flatten,
  moduleScope,
  nameIn,
  NONE_VALUE,
  one,
  opaque,
  requireModule,
  under,
} from '../python/index.ts';
import type { Atom, Event, Frame, InstanceAtom, Reader, Value } from '../python/index.ts';
import { NO, WhichattnError, YES } from '../rules/index.ts';
import type { Cond, Shipper } from '../rules/index.ts';
import { ask, callNamed, currentConfig, firstModule } from './asking.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';
import type { Plugged } from './world.ts';

const plain = plainTerm();

/**
 * What a start does of another package before a layer asks: its modules are imported, its functions called, and the platform
 * completes the configuration. Where it ends is told apart, and not looked at besides. Gives the condition under which it was
 * read; throws where it always ends.
 */
export function startOf(
  R: Reader,
  selector: string,
  ship: Shipper,
  platform: InstanceAtom,
  { at, starts }: Plugged,
): Cond {
  // what is registered is there before whoever registers: else it would count as made by the first who does
  const registry = firstModule(R, REGISTRY);
  for (const name of registry === undefined ? [] : moduleScope(R, registry)!.binders.keys()) nameIn(R, registry!, name);
  if (at) ask(R, selector, (f) => requireModule(R, f, at[0]));
  const events = starts.flatMap(([module, name]) => {
    const made = ask(R, selector, (f) => {
      requireModule(R, f, module);
      R.call(f, nameIn(R, module, name) ?? [], { pos: [], kw: new Map() });
    });
    return made.events;
  });
  const config = currentConfig(R);
  const plain = config ? ask(R, selector, (f) => plainLine(R, f, config)).value : YES;
  if (config) events.push(...completedFor(R, selector, platform, config, plain));
  const end = flatten(R, events).find((e) => e.kind === 'raise' && R.d.implies(plain, e.g));
  if (end?.kind === 'raise') throw startEnds(end.exc.cls.name, end.place);
  // what the interpreter raises by itself may be something that was not read; what rests on much is hardly ever certain
  const said = flatten(R, events).filter(
    (e) => e.kind === 'raise' && e.explicit === true && R.d.weight(e.g, PLAIN) < PLAIN,
  );
  ship.add('start.events', ask(R, selector, (f) => eventsTerm(R, f, ship, said)).value);
  return plain;
}

/** Where releases keep the registry of backends. */
export const REGISTRY = ['vllm.v1.attention.backends.registry', 'vllm.attention.backends.registry'];

/** Conditions of so many tests are told of what a start raises. */
const PLAIN = 40;

/** Has the platform complete the configuration of a plain line, and gives what happens. */
function completedFor(
  R: Reader,
  selector: string,
  platform: InstanceAtom,
  config: InstanceAtom,
  plain: Cond,
): readonly Event[] {
  const device = nameIn(R, 'vllm.config.device', 'DeviceConfig');
  // a line is made one with the type of the platform
  if (device)
    config.attrs.set(
      'device_config',
      ask(R, selector, (f) =>
        R.call(f, device, { pos: [], kw: new Map([['device', R.attrOf(f, platform, 'device_type') ?? []]]) }),
      ).value,
    );
  config.attrs.set(TOLD, one(dict([])));
  R.finished = true;
  const { events } = ask(R, selector, (f) =>
    under(R, f, plain, () => callNamed(R, f, platform, COMPLETES, [one(config)])),
  );
  R.finished = false;
  return events;
}

/** What a line gives beside vLLM's own options, for the platform alone. */
const TOLD = 'additional_config';
/** Where a model's config.json says how its weights are quantized. */
const QUANTIZED = ['quantization_config', 'compression_config'];

/**
 * The condition that the platform is told nothing but vLLM's own options, and that the model is not quantized. What a plug-in
 * makes of more is not read.
 */
function plainLine(R: Reader, frame: Frame, config: InstanceAtom): Cond {
  const when = (value: Value, kind: Atom['k']): Cond =>
    value.reduce<Cond>((c, { g, v }) => (v.k === kind ? R.d.or(c, g) : c), NO);
  const fields = (of: Value, names: readonly string[]): Value[] => names.map((name) => R.getAttr(frame, of, name));
  const [model, quantization] = fields(one(config), ['model_config', 'quant_config']) as [Value, Value];
  const models = model.filter(({ v }) => v.k === 'instance');
  const [own, hf] = fields(models, ['quantization', 'hf_config']) as [Value, Value];
  const told = flagInput(R, `${TOLD}.?`).find(({ v }) => v.k === 'bool' && !v.b)!.g;
  const missing = QUANTIZED.map((name) =>
    hf.reduce<Cond>((c, { v }) => R.d.and(c, when(v.k === 'instance' ? (v.lazy?.(name) ?? []) : [], 'unbound')), YES),
  );
  return [when(quantization, 'none'), when(own, 'none'), ...missing].reduce<Cond>((c, g) => R.d.and(c, g), told);
}

const startEnds = (exception: string, place: string): WhichattnError =>
  new WhichattnError({
    code: 'start-ends',
    what: `A start with the plug-in always ends with ${exception}`,
    why: 'So no layer ever asks for a backend, or this place was not read rightly.',
    where: place,
  });

/** The method with which a platform completes the configuration. */
export const COMPLETES = 'check_and_update_config';

/**
 * The backends that the plug-in put in the place of others, or in a place that is kept for such: the class of each, and the
 * one that it replaces.
 */
export function shipRegistered(R: Reader, selector: string, ship: Shipper, backends: readonly InstanceAtom[]): void {
  for (const member of backends) {
    const { value: is } = ask(R, selector, (f) => callNamed(R, f, member, 'is_overridden'));
    if (!is.some(({ v }) => v.k === 'bool' && v.b)) continue;
    const { value: path } = ask(R, selector, (f) => callNamed(R, f, member, 'get_path'));
    const before = member.attrs.get('_value_') ?? NONE_VALUE;
    ship.add(`registered.${member.member!}`, {
      record: { class: termOf(path, plain), replaces: termOf(before, plain), when: termOf(is, plain) },
    });
  }
}

/** A value that was read under a condition, where no import of the plug-in fails; elsewhere it is not known. */
export function whereRead(R: Reader, value: Value, read: Cond, place: string): Value {
  const plain = choose(
    R.d,
    read,
    value,
    one(opaque(`what the plug-in makes of ${TOLD}, or of a quantized model`, place)),
  );
  return choose(R.d, R.failed, one(opaque('what is done where importing the plug-in fails', place)), plain);
}

/** Where the class of a platform stands. */
export const placeOfClass = ({ cls }: InstanceAtom): string => `${cls.module?.path ?? ''}:${cls.node?.lineno ?? 1}`;

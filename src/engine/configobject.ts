/* oxlint-disable max-lines -- one object, from its rules to its attributes */
/**
 * The object that a configuration class makes of a config.json, worked out with learned rules: every attribute is known,
 * known not to be there, or unknown for a reason.
 */
import {
  createMachine,
  exactJson,
  isWholeFloat,
  kindOf,
  meaningsIn,
  MISSING,
  namesOf,
  OBJECT,
  plainNumber,
  printed,
  UNKNOWN,
} from '../rules/index.ts';
import type { Fact, Facts, Kind, Resolved, RuleSet, ShippedMeaning, Term } from '../rules/index.ts';
import { BY_FIELD, refusalOf, shownRefusal } from './configrefusal.ts';
import { isTaken, typeOfKinds, untakenText, withNumbersAlike } from './configtypes.ts';
import type { FieldType } from './configtypes.ts';
import type { Refusal } from './configrefusal.ts';
import type { DecisionError } from './decision.ts';
import { hasNamedKey, underKeys } from './keyed.ts';
import { DIFFERING, differing, PER_LAYER } from './perlayer.ts';
import { withOtherKeys } from './renamedkeys.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What is kept of a configuration class: see `ConfigClass` of the room that learns it. */
export interface ClassRules {
  readonly class: string;
  /** The classes that it derives from, up to the one that all do, each as `package/name`; undefined where that was not learned. */
  readonly derives?: readonly string[];
  readonly fields: Readonly<Record<string, readonly [kinds: string, fallback?: unknown]>>;
  /** What fields take of which the kinds alone do not say it. */
  readonly types?: Readonly<Record<string, FieldType>>;
  readonly map?: Readonly<Record<string, string>>;
  readonly constants?: Readonly<Record<string, unknown>>;
  /** The terms that say when the constructor raises. */
  readonly raises?: readonly string[];
  /** Keys that were read as if they were never given. */
  readonly absent?: readonly string[];
  /** Fields that take no number below or above these: what becomes of one was not read. */
  readonly limits?: Readonly<Record<string, readonly [least: number | null, greatest: number | null]>>;
  /** Places of the config.json, by their paths, with kinds of values that the class was not read for. */
  readonly apart?: Readonly<Record<string, readonly Kind[]>>;
  readonly dropped?: readonly string[];
  readonly methods?: readonly string[];
  /** Properties that say what another attribute is; what goes by its own name is none. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Of what only some classes are read for, that which this one is. */
  readonly nested?: readonly string[];
  readonly same?: readonly string[];
  readonly made?: RuleSet;
  /** What a method makes of the finished object, whose attributes are the inputs `self.<name>`. */
  readonly calls?: Readonly<Record<string, RuleSet>>;
  readonly unread?: readonly string[];
}

/** The configuration classes of one release of transformers, or those that vLLM brings along. */
export interface ClassTable {
  readonly base: ClassRules;
  /** The class of each model type. */
  readonly types: Readonly<Record<string, string>>;
  readonly classes: Readonly<Record<string, ClassRules>>;
  /** Lists of texts that others ask for, by their full names. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
}

/** Where a value comes from: a key of the config.json, a default of the class, or a rule of its constructor. */
export type Whence = 'config' | 'default' | 'class' | 'rule' | 'absent' | 'unknown';

export interface Attribute {
  /** `undefined` when unknown. */
  readonly value: Fact | undefined;
  readonly from: Whence;
  /** Why it is unknown. */
  readonly why?: readonly string[];
}

export interface ConfigObject {
  readonly class: string;
  /** Whether its class is one, given as `package/name`, or derives from it; undefined where that is unknown. */
  isA(other: string): boolean | undefined;
  /** Why the class would not take this config.json, or why nobody can say: then every attribute is unknown. */
  readonly refused: string | undefined;
  /** Whether it is the class itself that does not take it. */
  readonly mistaken: boolean;
  /** What the class raises then, where that was read. */
  readonly refusal: DecisionError | undefined;
  attribute(name: string): Attribute;
  /** What `get_text_config()` gives: this object, a part of it, or undefined when that is unknown, as where it rests on what was set. */
  text(): ConfigObject | undefined;
  /** The attribute under which that part stands, in a part of the object after a dot; undefined where it is none, or that is unknown. */
  textPart(): string | undefined;
  /**
   * What a method of its class makes of it, where its attributes are as said; undefined where that was not read. Only
   * methods that are called on finished objects have rules.
   */
  call(method: string, attribute: (name: string) => Attribute): Called | undefined;
  /** The names of the attributes that fields, rules and the config.json give. */
  names(): readonly string[];
  /** The name under which an attribute is kept. */
  nameOf(name: string): string;
  /**
   * The finished object once these attributes are set; undefined where what is set is no plain attribute, of no kind that its field
   * takes, or an object stands there. Mirrors transformers' `PreTrainedConfig.update`.
   */
  updated(values: JsonObject): ConfigObject | undefined;
  /** Whether a value is of a kind that a field takes; what is no field takes any. */
  takes(name: string, value: Fact): boolean;
}

const TEXT_CONFIG = 'get_text_config()';

/**
 * The object that the class of a model type makes of a config.json. Undefined when the table has no such model type. Mirrors
 * transformers' `AutoConfig`, for classes of the library itself.
 */
export function configObject(table: ClassTable, type: string, config: JsonObject): ConfigObject | undefined {
  const name = Object.hasOwn(table.types, type) ? table.types[type] : undefined;
  return name === undefined ? undefined : objectOf(table, name, config);
}

/** What is raised before any class is asked, where one is looked for that suits a config.json; undefined where that is nothing or unknown. */
export function unfound(table: ClassTable, config: JsonObject): DecisionError | undefined {
  const rules = table.base.calls?.[FINDS];
  if (!rules) return undefined;
  const machine = machineOf(rules);
  machine.load(jsonFacts('cfg', config));
  const raised = machine.resolve(rules.terms['refused']!);
  const [says] = Array.isArray(raised) ? (raised as readonly Resolved[]) : [];
  return says === undefined ? undefined : refusalOf(says).made;
}
const FINDS = 'from_pretrained';

/**
 * The object that a class of the table makes of a config.json, whatever the model type. Undefined when it has none. A number that is
 * whole and a float is one of `WholeFloat`.
 */
export function objectOf(table: ClassTable, name: string, config: JsonObject): ConfigObject | undefined {
  const cls = Object.hasOwn(table.classes, name) ? table.classes[name]! : undefined;
  return cls && createObject(table, cls, config, new Map(), packageOf(name));
}

/** The package of a class, by the name under which it is kept: of another package than the library's, with its module. */
const packageOf = (name: string): string => (name.includes(':') ? name.split('.')[0]! : LIBRARY);
const LIBRARY = 'transformers';

// oxlint-disable-next-line max-lines-per-function -- functions that share one state
function createObject(
  table: ClassTable,
  cls: ClassRules,
  config: JsonObject,
  set: ReadonlyMap<string, Fact>,
  from: string,
  whole?: ReadonlyMap<string, Attribute>,
): ConfigObject {
  const { base } = table;
  const fields = new Map([...Object.entries(base.fields), ...Object.entries(cls.fields)]);
  const typeOf = (field: string): FieldType => typeIn(base, cls, field);
  const map = cls.map ?? {};
  const renamed = (name: string): string => (Object.hasOwn(map, name) ? map[name]! : name);
  const fieldOf = new Map([...fields.keys()].map((field) => [renamed(field), field]));
  const dropped = new Set([...(base.dropped ?? []), ...(cls.dropped ?? [])]);
  const methods = new Set([...(base.methods ?? []), ...(cls.methods ?? [])]);
  const alias = new Map(aliasesOf(base, cls));
  const same = new Set(cls.same);
  const constants: Readonly<Record<string, unknown>> = { ...base.constants, ...cls.constants };
  const parts: Parts = { made: new Map() };
  const facts = jsonFacts('cfg', config);
  const terms = ruleTerms(cls, base, same, {
    facts,
    ofPart: (part, path) => attributeOfPart(table, part, path, parts),
  });
  // the object of a layer is a copy: nothing is checked again
  const isLayer = whole !== undefined;
  const early = isLayer
    ? undefined
    : (ofLargeNumber(cls, fields, config) ??
      ofUntaken(base, cls, [...fields.keys()], config) ??
      whyRefused(base, cls, fields, config, terms));
  const known = new Map(whole);
  const layersMade = new Map<string, Fact>();
  const calls = { ...base.calls, ...cls.calls };
  const apart = early || cls.unread || isLayer ? undefined : madeApart();
  // what its checks say of the finished object, and what they change in it
  const checks = early || cls.unread ? [] : Object.keys(calls).filter((name) => name.startsWith('validate_'));
  const {
    why: refused,
    mistaken = false,
    refusal,
  }: Partial<Refused> = isLayer ? {} : (early ?? ofLayers() ?? ofPart() ?? checked() ?? {});

  function checked(): Refused | undefined {
    if (!cls.unread && plain('dtype').value === undefined)
      return { why: `${cls.class} makes nothing known of its dtype` };
    if (checks.length > 0 && hasOtherLayers(plain(ROTARY).value))
      return { why: `what ${cls.class} makes of parameters for each kind of layer was not read` };
    for (const name of checks) {
      const { refused: found, changed } = callOf(table, calls[name]!, (asked) => plain(asked));
      if (found === undefined) return { why: `what ${cls.class}.${name} says was not worked out` };
      if (found !== null) return refusedBy(cls, found);
      for (const [changedName, value] of changed) known.set(changedName, value);
    }
    return undefined;
  }

  /** Are there parameters for kinds of layers for which the checks were not read? A constructor may make such. */
  function hasOtherLayers(value: Fact | undefined): boolean {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const kinds = Object.entries(table.lists ?? {}).flatMap(([name, list]) => (LAYERS.test(name) ? list : []));
    return Object.keys(value).some((key) => kinds.includes(key) && !cls.nested?.includes(key));
  }

  /** What an object refuses that its constructor makes of a part of the config.json. */
  function ofPart(): Refused | undefined {
    if (cls.unread) return undefined;
    for (const [key, value] of Object.entries(config)) {
      if (
        key === PER_LAYER ||
        typeof value !== 'object' ||
        value === null ||
        Array.isArray(value) ||
        isWholeFloat(value)
      )
        continue;
      const part = objectBehind(plain(key).value);
      if (part?.mistaken !== true) continue;
      return {
        why: part.refused ?? '',
        mistaken: true,
        ...(part.refusal ? { refusal: part.refusal } : {}),
      };
    }
    return undefined;
  }

  function attribute(asked: string): Attribute {
    const own = set.get(kept(asked));
    if (refused === undefined && own !== undefined) return { value: own, from: 'rule' };
    if (refused === undefined && restsOnSet(kept(asked))) return unknown([`${asked} rests on what was set since`]);
    return refused === undefined ? plain(asked) : unknown([refused]);
  }

  /** May a property be made of an attribute that was set since, or that differs from layer to layer? */
  function restsOnSet(name: string): boolean {
    const others = [...set.keys(), ...(apart && !('unread' in apart) ? apart.names : [])];
    const term = methods.has(name) && others.length > 0 ? terms.find(name) : undefined;
    if (!term) return false;
    const asked = askedBy(term);
    return others.some((other) => {
      if (asked.has(other) || asked.has(WORKED_OUT)) return true;
      const made = terms.find(other);
      const from = made && askedBy(made);
      if (from === undefined) return false;
      return from.size === 0 || from.has(WORKED_OUT) || [...from].some((one) => asked.has(one));
    });
  }

  /** The keys of the config.json that a term rests on. */
  function askedBy(term: Found): ReadonlySet<string> {
    const asked = new Set<string>();
    const get = (name: string): Fact | undefined => {
      asked.add(/^(?:#|part\.)/.test(name) ? WORKED_OUT : kept(name.split('.')[1] ?? ''));
      return term.facts.get(name);
    };
    terms.resolve({ ...term, facts: { get } });
    return asked;
  }

  function kept(asked: string): string {
    return alias.get(renamed(asked)) ?? renamed(asked);
  }

  /** What differs from layer to layer. */
  function madeApart(): ReturnType<typeof differing> {
    const term = terms.find(PER_LAYER);
    return term && differing(terms.resolve(term).value, inWhole);
  }

  /** What is not read of an object whose layers differ. */
  function ofLayers(): Refused | undefined {
    if (apart === undefined) return undefined;
    if ('unread' in apart) return { why: apart.unread };
    const odd = [...apart.names].find((name) => {
      const values = apart.layers.flatMap((own) => (Object.hasOwn(own, name) ? [own[name] as Fact] : []));
      return !isPlainName(name) || !values.every((value) => isTaken(typeOf(fieldOf.get(name) ?? name), value));
    });
    // who checks the finished object does not get what differs
    const asks = (cls.raises ?? []).some((name) => {
      const term = terms.find(name);
      const get = (fact: string): Fact | undefined =>
        apart.names.has(fact.split('.')[1] ?? '') ? undefined : term?.facts.get(fact);
      return term && !Array.isArray(terms.resolve({ ...term, facts: { get } }).value);
    });
    const isChecked = asks || CHECKED_BY_LAYER.every((name) => inWhole(name).value !== MISSING);
    const why = odd ?? (isChecked ? [...apart.names].join(', ') : undefined);
    return why === undefined ? undefined : { why: `what ${cls.class} makes of layers with ${why} was not read` };
  }

  /** Is it a name of an attribute that is kept under it? */
  function isPlainName(name: string): boolean {
    return kept(name) === name && !methods.has(name);
  }

  /** The objects of all layers; where nothing differs each is the object itself. */
  function layerObjects(): Attribute {
    const many = inWhole('num_hidden_layers').value;
    if (isLayer || typeof many !== 'number' || (apart && 'unread' in apart))
      return unknown([`${PER_LAYER} was not read`]);
    if (!apart) return { value: Array.from({ length: many }, () => objectFact(self)), from: 'rule' };
    return { value: apart.layers.map((own) => layerObject(own)), from: 'rule' };
  }

  function layerObject(own: JsonObject): Fact {
    const key = exactJson(own);
    const made =
      layersMade.get(key) ??
      objectFact(
        createObject(
          table,
          cls,
          config,
          new Map([...set, ...(Object.entries({ skip: [], ...own }) as [string, Fact][])]),
          from,
          known,
        ),
      );
    layersMade.set(key, made);
    return made;
  }

  function plain(asked: string): Attribute {
    if (asked === PER_LAYER) return layerObjects();
    if (asked === DIFFERING) return { value: apart ? {} : MISSING, from: 'rule' };
    if (isLayer && asked === DIFFERS) return { value: false, from: 'rule' };
    if (differs(kept(asked))) return unknown([`${asked} differs from layer to layer`]);
    return inWhole(asked);
  }

  function differs(name: string): boolean {
    return apart !== undefined && !('unread' in apart) && apart.names.has(name);
  }

  /** What the whole object holds, whatever its layers have. */
  function inWhole(asked: string): Attribute {
    const name = kept(asked);
    let found = known.get(name);
    if (!found) known.set(name, (found = work(name)));
    return found;
  }

  function work(name: string): Attribute {
    // what the base makes of its own is not what a class makes of it that was not read
    if (cls.unread) return unknown(cls.unread);
    const term = terms.find(name);
    const field = fieldOf.get(name);
    const key = field ?? name;
    if (term) {
      const { value, why } = terms.resolve(term);
      if (value === undefined) return unknown(why);
      if (value === MISSING) return ofClass(name);
      // a number or a text that the config says stays what the config says
      const isSaid =
        (typeof value !== 'object' || isWholeFloat(value)) && Object.hasOwn(config, key) && config[key] === value;
      return { value: asFact(table, value, parts), from: isSaid ? 'config' : 'rule' };
    }
    if (field !== undefined) {
      if (Object.hasOwn(config, field)) return { value: config[field] as Fact, from: 'config' };
      const [, ...fallback] = fields.get(field)!;
      return fallback.length
        ? { value: fallback[0] as Fact, from: 'default' }
        : unknown([`the default of ${field} was not read`]);
    }
    if (methods.has(name)) return ofClass(name);
    if (!dropped.has(name) && Object.hasOwn(config, name)) return { value: config[name] as Fact, from: 'config' };
    return ofClass(name);
  }

  function ofClass(name: string): Attribute {
    if (Object.hasOwn(constants, name)) return { value: constants[name] as Fact, from: 'class' };
    if (methods.has(name)) return unknown([`${cls.class}.${name} was not followed`]);
    return { value: MISSING, from: 'absent' };
  }

  /** What the config.json makes of a term; undefined where it rests on an attribute that was set since. */
  function resolvedUnlessSet(term: Found): Resolved | undefined {
    const asked = new Set<string>();
    const get = (name: string): Fact | undefined => {
      asked.add(kept(name.split('.')[1] ?? ''));
      return term.facts.get(name);
    };
    const { value } = terms.resolve({ ...term, facts: { get } });
    return [...asked].some((name) => set.has(name)) ? undefined : value;
  }

  const self: ConfigObject = {
    class: cls.class,
    isA(other) {
      if (other === `${from}/${cls.class}`) return true;
      if (cls.derives) return cls.derives.includes(other) || other === `${LIBRARY}/${base.class}`;
      // what is the library's own derives from nothing of another package
      return other.startsWith(`${LIBRARY}/`) ? undefined : false;
    },
    refused,
    mistaken,
    refusal,
    attribute,
    text() {
      if (refused !== undefined || cls.unread) return undefined;
      const term = terms.find(TEXT_CONFIG);
      const value = term && resolvedUnlessSet(term);
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
      return '@self' in value ? self : partOf(table, value as Readonly<Record<string, Resolved>>, parts);
    },
    textPart() {
      const text = self.text();
      return text && textPartOf(self.names(), (name) => objectBehind(plain(name).value), text);
    },
    call(method, of) {
      const rules = Object.hasOwn(calls, method) ? calls[method] : undefined;
      return rules && !cls.unread ? callOf(table, rules, of) : undefined;
    },
    nameOf: kept,
    updated(values) {
      const all = new Map(set);
      for (const [key, value] of Object.entries(values)) {
        const name = renamed(key);
        const isPlain = ![key, name].some((one) => methods.has(one) || alias.has(one));
        const held = plain(name).value;
        if (apart && (differs(name) || name === 'num_hidden_layers')) return undefined;
        if (!isPlain || held === undefined || objectBehind(held)) return undefined;
        if (!isTaken(typeOf(fieldOf.get(name) ?? key), value)) return undefined;
        all.set(name, value as Fact);
      }
      return createObject(table, cls, config, all, from, whole);
    },
    takes: (name, value) => isTaken(typeOf(fieldOf.get(renamed(name)) ?? name), value),
    names: () =>
      [...new Set([...fieldOf.keys(), ...terms.names(), ...Object.keys(config).map(renamed), ...set.keys()])].filter(
        (n) => !n.endsWith('()') && !n.startsWith('refused.') && !ASIDE.test(n) && n !== 'nested',
      ),
  };
  return self;
}

/** The name under which a text config stands in an object or, after a dot, in a part of it that has the same text config. */
function textPartOf(
  names: readonly string[],
  partAt: (name: string) => ConfigObject | undefined,
  text: ConfigObject,
): string | undefined {
  const own = names.find((name) => partAt(name) === text);
  if (own !== undefined) return own;
  const around = names.find((name) => partAt(name)?.text() === text);
  const inside = around === undefined ? undefined : partAt(around)!.textPart();
  return inside && `${around}.${inside}`;
}

/** Stands for what rests on what rules have names for: on which keys is not followed. */
const WORKED_OUT = '#';

/** The parameters of rotary embedding, and lists of the kinds of layers for each of which there may be some. */
const ROTARY = 'rope_parameters';
const LAYERS = /LAYER_TYPES$/;

/** The property that says whether layers differ. */
const DIFFERS = 'is_heterogeneous';
/** Attributes that the package checks in every layer, where it has them all. */
const CHECKED_BY_LAYER = ['head_dim', 'num_heads', 'embed_dim'] as const;

const unknown = (why: readonly string[]): Attribute => ({ value: undefined, from: 'unknown', why });

interface Found {
  readonly machine: ReturnType<typeof createMachine>;
  readonly term: Term;
  readonly facts: Facts;
}

/** What stands at a path in a part, which is resolved as what it is made of; undefined where that is unknown. */
type OfPart = (part: Resolved, path: readonly string[]) => Fact | undefined;

/** What the part's class makes of an attribute. */
function attributeOfPart(table: ClassTable, part: Resolved, path: readonly string[], parts: Parts): Fact | undefined {
  const isPart = typeof part === 'object' && part !== null && !Array.isArray(part) && '@part' in part;
  const object = isPart ? partOf(table, part, parts) : undefined;
  const found = object && at(objectFact(object), path);
  return isObject(found) ? undefined : found;
}

/** What stands in a part under a number, `+` where it does in any case: the term `part.<number>` says which it is. */
const PART = /^(part\.\d+)\+?\.(.+)$/;
/** Terms that others rest on, and that say nothing of the object themselves. */
const ASIDE = /^#|^part\.\d+$/;

/** The facts and, beside them, what the rules have names for: numbers, each of which may rest on others, and parts. */
function withNumbers(rules: RuleSet, facts: Facts, ofPart: OfPart = () => undefined): Facts {
  const known = new Map<string, Fact | undefined>();
  const named = (name: string): Resolved => {
    const term = rules.terms[name];
    const machine = createMachine(rules);
    machine.load({ get });
    return term === undefined ? UNKNOWN : machine.resolve(term);
  };
  const work = (name: string): Fact | undefined => {
    const [, part = name, path] = PART.exec(name) ?? [];
    const value = named(part);
    if (value === UNKNOWN) return undefined;
    return path === undefined ? value : ofPart(value, path.split('.'));
  };
  const get = (name: string): Fact | undefined => {
    if (!name.startsWith('#') && !name.startsWith('part.')) return facts.get(name);
    if (!known.has(name)) {
      known.set(name, undefined);
      known.set(name, work(name));
    }
    return known.get(name);
  };
  return { get };
}

/** The terms of a class and, where it says nothing itself, those of its base. */
interface Terms {
  find(name: string): Found | undefined;
  resolve(found: Found): {
    readonly value: Resolved | undefined;
    readonly why: readonly string[];
  };
  names(): readonly string[];
}

function ruleTerms(
  cls: ClassRules,
  base: ClassRules,
  same: ReadonlySet<string>,
  { facts, ofPart }: { readonly facts: Facts; readonly ofPart: OfPart },
): Terms {
  const sets = [cls.made, base.made].map((rules) => {
    if (!rules) return undefined;
    return { machine: machineOf(rules), terms: rules.terms, facts: withNumbers(rules, facts, ofPart) };
  });
  const has = (i: number, name: string): boolean => sets[i] !== undefined && Object.hasOwn(sets[i].terms, name);
  // an own field that nothing is made of is not what the base makes of its own
  const inherits = (name: string): boolean =>
    !same.has(name) &&
    !cls.dropped?.includes(name) &&
    (!Object.hasOwn(cls.fields, name) || Object.hasOwn(base.fields, name));
  return {
    find(name) {
      const i = has(0, name) ? 0 : inherits(name) && has(1, name) ? 1 : -1;
      const { machine, terms, facts: own } = sets[i] ?? {};
      return machine && { machine, term: terms![name]!, facts: own! };
    },
    resolve({ machine, term, facts: own }) {
      machine.load(own);
      const value = machine.resolve(term);
      return value === UNKNOWN ? { value: undefined, why: machine.unknowns() } : { value, why: [] };
    },
    names: () => sets.flatMap((s) => (s ? namesOf(s.terms) : [])),
  };
}

const machines = new WeakMap<RuleSet, ReturnType<typeof createMachine>>();

function machineOf(rules: RuleSet): ReturnType<typeof createMachine> {
  let machine = machines.get(rules);
  if (!machine) machines.set(rules, (machine = createMachine(rules)));
  return machine;
}

/** Is a key of a config.json of a kind that the rules do not know it to be? */
function isStrange(variable: ShippedMeaning, config: JsonObject): boolean {
  if (!('kinds' in variable)) return false;
  const [, key, ...inside] = variable.kinds.split('.');
  if (key === undefined || inside.length > 0 || !Object.hasOwn(config, key)) return false;
  return !variable.of.includes(kindOf(config[key] as Fact, variable.of));
}

/** Does a value of one of these kinds stand at a path in a config.json? Where that is not known, it may. */
function standsAt(value: unknown, [step, ...path]: readonly string[], kinds: readonly Kind[]): boolean {
  if (value === UNKNOWN) return true;
  if (step === undefined) return kinds.includes(kindOf(value as Fact, [...kinds, 'int']));
  if (step.startsWith('@')) return Array.isArray(value) && value.some((item) => standsAt(item, path, kinds));
  if (typeof value !== 'object' || value === null) return false;
  if (!Object.hasOwn(value, step)) return path.length === 0 && kinds.includes('missing');
  return standsAt((value as JsonObject)[step], path, kinds);
}

/** Why it is not known what a class makes of a config.json where something stands that it was not read for. */
function apartIn(cls: ClassRules, config: JsonObject): string | undefined {
  const all = Object.entries(cls.apart ?? {});
  const found = all.find(([path, kinds]) => standsAt(config, path.split('.').slice(1), kinds));
  return found && `what ${cls.class} makes of such a ${found[0].slice('cfg.'.length)} was not read`;
}

/** Why there is no object. */
interface Refused {
  readonly why: string;
  /** The class itself refuses it. */
  readonly mistaken?: boolean;
  /** What it raises then. */
  readonly refusal?: DecisionError;
}

const refusedBy = (cls: ClassRules, refusal: Refusal): Refused => ({
  why: `${cls.class} refuses this configuration: ${shownRefusal(refusal)}`,
  mistaken: true,
  ...(refusal.made ? { refusal: refusal.made } : {}),
});

/** What a method makes of an object: what it raises (null where it does not, undefined where that is unknown), what it changes. */
export interface Called {
  readonly refused: Refusal | null | undefined;
  readonly changed: ReadonlyMap<string, Attribute>;
}

function callOf(table: ClassTable, rules: RuleSet, attribute: (name: string) => Attribute): Called {
  const facts: Facts = {
    get(name) {
      const [root, first = '', ...path] = name.split('.');
      if (root !== 'self') return undefined;
      const { value } = attribute(first);
      return value === undefined ? undefined : at(value, path);
    },
  };
  const machine = machineOf(rules);
  machine.load(withNumbers(rules, facts));
  const raised = machine.resolve(rules.terms['refused']!);
  const changed = new Map<string, Attribute>();
  for (const [name, term] of Object.entries(rules.terms)) {
    if (name === 'refused' || ASIDE.test(name)) continue;
    const value = machine.resolve(term);
    if (value === UNKNOWN) changed.set(name, unknown(machine.unknowns()));
    else if (value === MISSING) changed.set(name, { value: MISSING, from: 'absent' });
    else changed.set(name, { value: asFact(table, value), from: 'rule' });
  }
  const [says] = Array.isArray(raised) ? (raised as readonly Resolved[]) : [];
  const refused = says === undefined ? null : refusalOf(says);
  return { refused: Array.isArray(raised) ? refused : undefined, changed };
}

/** Of a number that is too large to be kept exactly, nothing is told. */
function ofLargeNumber(
  cls: ClassRules,
  fields: ReadonlyMap<string, readonly [string, unknown?]>,
  config: JsonObject,
): Refused | undefined {
  for (const [name, [kinds]] of fields) {
    const value = Object.hasOwn(config, name) ? config[name] : undefined;
    if (kinds.includes('i') && typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
      return { why: `what ${cls.class} makes of a number as large as its ${name} was not read` };
  }
  return undefined;
}

/** The names by which a class gives what it keeps under others. */
const aliasesOf = (base: ClassRules, cls: ClassRules): readonly (readonly [name: string, of: string])[] =>
  Object.entries({ ...base.alias, ...cls.alias }).filter(([name, of]) => name !== of);

/** What a field takes; what is no field takes anything. */
const typeIn = (base: ClassRules, cls: ClassRules, field: string): FieldType => {
  for (const { fields, types } of [cls, base]) {
    if (types && Object.hasOwn(types, field)) return types[field]!;
    if (Object.hasOwn(fields, field)) return typeOfKinds(fields[field]![0]);
  }
  return typeOfKinds('*');
};

/** The first field that does not take what the config.json gives for it: a class checks each as it is set, in their order. */
function ofUntaken(
  base: ClassRules,
  cls: ClassRules,
  names: readonly string[],
  config: JsonObject,
): Refused | undefined {
  for (const name of names) {
    if (!Object.hasOwn(config, name)) continue;
    const type = typeIn(base, cls, name);
    const value = config[name];
    if (isTaken(type, value)) continue;
    const refusal: DecisionError = { type: BY_FIELD, text: untakenText(name, type, value), places: [] };
    return {
      why: `${cls.class} does not take ${isWholeFloat(value) ? printed(value) : JSON.stringify(value)} as its ${name}`,
      mistaken: true,
      refusal,
    };
  }
  return undefined;
}

/** Why a class would not take a config.json whose fields it takes: an error of its constructor, or what was not read of it. */
function whyRefused(
  base: ClassRules,
  cls: ClassRules,
  fields: ReadonlyMap<string, readonly [string, unknown?]>,
  config: JsonObject,
  terms: Terms,
): Refused | undefined {
  if (cls.unread) return undefined;
  const apart = apartIn(cls, config) ?? madeUntaken(base, cls, terms);
  if (apart !== undefined) return { why: apart };
  const odd = [...(base.absent ?? []), ...(cls.absent ?? [])].find((key) => Object.hasOwn(config, key));
  if (odd !== undefined) return { why: `what ${cls.class} makes of ${odd} was not read` };
  // a kind of value that was left out where the class was read
  const strange = [base.made, cls.made]
    .flatMap((made) => (made ? meaningsIn(made) : []))
    .find((meaning) => isStrange(meaning, config));
  if (strange && 'kinds' in strange)
    return { why: `what ${cls.class} makes of such a ${strange.kinds.slice(4)} was not read` };
  const beyond = Object.entries({ ...base.limits, ...cls.limits }).find(([key, of]) => !isWithin(config[key], of));
  if (beyond) return { why: `what ${cls.class} makes of a ${beyond[0]} beyond its limits was not read` };
  // two keys for one attribute: which of them counts depends on their order
  const twice = aliasesOf(base, cls).find(
    ([key, of]) => Object.hasOwn(config, key) && Object.hasOwn(config, of) && !fields.has(of),
  );
  if (twice) return { why: `which of ${twice.join(' and ')} counts was not read` };
  const beside = terms.find('nested');
  const held = beside ? terms.resolve(beside).value : [];
  const more = Array.isArray(held) ? held.filter((key) => !cls.nested?.includes(key as string)) : undefined;
  if (more === undefined || more.length > 0)
    return {
      why: `what ${cls.class} makes of parameters for each kind of layer was not read: ${more?.join(', ') ?? 'it is not known whether there are any'}`,
    };
  for (const name of cls.raises ?? []) {
    const term = terms.find(name);
    if (!term) continue;
    const { value, why } = terms.resolve(term);
    if (!Array.isArray(value))
      return { why: `whether ${cls.class} takes this configuration depends on ${why.join(', ')}` };
    if (value.length) return refusedBy(cls, refusalOf(value[0] as Resolved));
  }
  return undefined;
}

/**
 * Why it is not known whether a class takes a field that its constructor makes something that it does not take: where it is set an error is raised, and where what it holds is changed
 * none. Parts of the config.json are no such values, and of a number that is made it is not known of which kind it is.
 */
function madeUntaken(base: ClassRules, cls: ClassRules, terms: Terms): string | undefined {
  const found = Object.keys(cls.fields).find((field) => {
    const term = terms.find(cls.map?.[field] ?? field);
    const value = term && terms.resolve(term).value;
    return value !== undefined && isJson(value) && !isTaken(withNumbersAlike(typeIn(base, cls, field)), value);
  });
  return found && `whether ${cls.class} takes what its constructor makes of its ${found} was not read`;
}

/** Is it a value as JSON has it, all of which is known? */
const isJson = (value: unknown): boolean =>
  typeof value !== 'symbol' &&
  (typeof value !== 'object' ||
    value === null ||
    isWholeFloat(value) ||
    Object.entries(value).every(([key, held]) => !key.startsWith('@') && isJson(held)));

/** Is a value no number that is less or more than a field takes? */
function isWithin(
  value: unknown,
  [least, greatest]: readonly [least: number | null, greatest: number | null],
): boolean {
  const n = plainNumber(value);
  return typeof n !== 'number' || ((least === null || n >= least) && (greatest === null || n <= greatest));
}

/** Does a value say which class makes an object of a part of the config.json? */
const isPart = (value: object): boolean => '@type' in value || '@class' in value;

/** A part of a configuration becomes an object of its own. */
function asFact(table: ClassTable, value: Resolved, parts?: Parts): Fact {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && isPart(value)) {
    const part = partOf(table, value as Readonly<Record<string, Resolved>>, parts);
    return objectFact(part);
  }
  return value as Fact;
}

/** A fact that stands for an object with attributes. */
export const objectFact = (of: ConfigObject | undefined): Fact => ({ [OBJECT]: of ?? true }) as unknown as Fact;

/** Is it such a fact? */
export const isObject = (fact: unknown): boolean => typeof fact === 'object' && fact !== null && OBJECT in fact;

/** The object behind such a fact; undefined where nothing is known of it. */
export function objectBehind(fact: unknown): ConfigObject | undefined {
  if (typeof fact !== 'object' || fact === null || !(OBJECT in fact)) return undefined;
  const of = (fact as Record<symbol, unknown>)[OBJECT];
  return typeof of === 'object' ? (of as ConfigObject) : undefined;
}

/** The objects that were made of parts of one configuration: what is the same part is the same object. */
interface Parts {
  readonly made: Map<string, ConfigObject | undefined>;
}

function partOf(
  table: ClassTable,
  value: Readonly<Record<string, Resolved>>,
  { made }: Parts = { made: new Map() },
): ConfigObject | undefined {
  const { '@part': part, '@type': type, '@class': name, '@set': set, '@without': without, '@text': isText } = value;
  if (isOpenPart(part) || isOpenPart(set) || type === UNKNOWN || name === UNKNOWN) return undefined;
  const config = withoutKeys((part ?? {}) as JsonObject, (without ?? []) as readonly string[]);
  const key = exactJson([type, name, config, set]);
  if (!made.has(key)) {
    const before =
      typeof name === 'string'
        ? objectOf(table, name, config)
        : typeof type === 'string'
          ? configObject(table, type, config)
          : undefined;
    const isSet = typeof set === 'object' && set !== null && Object.keys(set).length > 0;
    made.set(key, isSet && before?.refused === undefined ? before?.updated(set as JsonObject) : before);
  }
  return isText === undefined ? made.get(key) : made.get(key)?.text();
}

/** Is something of it unknown, or an object of its own? */
const isOpenPart = (value: Resolved | undefined): boolean =>
  value === UNKNOWN ||
  (typeof value === 'object' &&
    value !== null &&
    !isWholeFloat(value) &&
    ('@part' in value || '@self' in value || Object.values(value).some((held) => isOpenPart(held))));

const withoutKeys = (config: JsonObject, names: readonly string[]): JsonObject =>
  names.length === 0 ? config : Object.fromEntries(Object.entries(config).filter(([key]) => !names.includes(key)));

/**
 * The places of a JSON value as facts: `root.key.3` is what stands there, `root.key.#` how many items or keys it has,
 * `root.key.%` the list of its entries, `root.key.name` a dtype's name. Objects with attributes are asked for them.
 */
export function jsonFacts(root: string, json: unknown): Facts {
  const facts: Facts = {
    get(name) {
      if (hasNamedKey(name)) return underKeys(name, (key) => facts.get(key));
      if (!name.startsWith(root) || (name.length > root.length && name[root.length] !== '.')) return undefined;
      return at(
        json,
        name
          .slice(root.length + 1)
          .split('.')
          .filter(Boolean),
      );
    },
  };
  return facts;
}

/** What stands at a path inside a JSON value. */
export function at(json: unknown, path: readonly string[]): Fact | undefined {
  let value: unknown = json;
  for (const part of path) {
    if (value === UNKNOWN) return undefined;
    const object = objectBehind(value);
    if (object) {
      value = object.attribute(part).value;
      if (value === undefined) return undefined;
      if (value === MISSING) return MISSING;
      continue;
    }
    if (isObject(value)) return undefined;
    if (value === MISSING || value === undefined || isWholeFloat(value)) return MISSING;
    if (typeof value === 'string' && /^\d+$/.test(part)) {
      value = [...value][Number(part)];
      continue;
    }
    if (part === '#')
      return Array.isArray(value)
        ? value.length
        : typeof value === 'object' && value !== null
          ? Object.keys(value).length
          : MISSING;
    if (part === '%' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      value = Object.entries(value);
      continue;
    }
    if (typeof value === 'string' && part === 'name') continue;
    const renamed = typeof value === 'object' && value !== null ? withOtherKeys(value, part) : undefined;
    if (renamed) {
      value = renamed;
      continue;
    }
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return MISSING;
    value = (value as Record<string, unknown>)[part];
  }
  return value === UNKNOWN ? undefined : value === undefined ? MISSING : (value as Fact);
}

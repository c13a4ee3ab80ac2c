/**
 * Questions in bulk: one JSON object a question, in the form in which vLLM's own selection code is asked for its recorded
 * answers, and the answer in the same form.
 */
import { namesOf, UNKNOWN, textOf } from '../rules/index.ts';
import type { Fact, Machine, Resolved, RuleSet, Term } from '../rules/index.ts';
import { labelsOf, readersFor } from './asked.ts';
import type { BulkQuestion, Stock } from './asked.ts';
import { happened, LIST } from './events.ts';
import type { Happening, Raised } from './events.ts';
import { fieldsOf, forcedBy, FORCED, startRefused } from './outcome.ts';

type Json = Resolved;

const flag = (v: unknown): boolean => Boolean(v);

const byClass = new WeakMap<RuleSet, ReadonlyMap<unknown, Readonly<Record<string, Term>>>>();

/** By the path of its class: what a backend says of itself. */
function recordsOf(rules: RuleSet): ReadonlyMap<unknown, Readonly<Record<string, Term>>> {
  let known = byClass.get(rules);
  if (known) return known;
  const made = new Map<unknown, Readonly<Record<string, Term>>>();
  for (const [name, t] of Object.entries(rules.terms)) {
    const record = name.startsWith('backend.') ? fieldsOf(t) : {};
    if (record.class !== undefined && !made.has(record.class)) made.set(record.class, record);
  }
  byClass.set(rules, (known = made));
  return known;
}

/** What the configuration makes of the text of a requested backend: a member, null, or an error. */
export interface Request {
  readonly backend: Resolved;
  readonly error: Happening['error'];
}

const NOTHING: Request = { backend: null, error: undefined };
const requests = new WeakMap<Machine, Map<string, Request>>();

/** Reads the text with the release's own rule, once a text. Throws what `Machine.load` throws. */
export function requestOf(machine: Machine, text: unknown): Request {
  if (typeof text !== 'string') return NOTHING;
  // where the configuration does not read it the selection does
  if (forcedBy(machine.rules) !== FORCED) return { backend: text, error: undefined };
  let known = requests.get(machine);
  if (!known) requests.set(machine, (known = new Map()));
  let made = known.get(text);
  if (made) return made;
  machine.load(new Map<string, Fact>([['text.attention_config.backend', text]]));
  const { error } = happened(machine, 'parse.attention_config.backend.events');
  made = { error, backend: error === undefined ? term(machine, 'parse.attention_config.backend.value') : null };
  known.set(text, made);
  return made;
}

const fields = new WeakMap<RuleSet, Map<string, readonly unknown[] | undefined>>();

/** The labels of a field of the attention configuration. */
function fieldLabels(rules: RuleSet, name: string): readonly unknown[] | undefined {
  let known = fields.get(rules);
  if (!known) fields.set(rules, (known = new Map()));
  if (!known.has(name)) known.set(name, labelsOf(rules, `attention_config.${name}`));
  return known.get(name);
}

/** What pydantic says of configuration values that are none of their field's literal values, by the field. */
function literalErrors(rules: RuleSet, c: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  return Object.entries(c).flatMap(([name, value]) => {
    const of = fieldLabels(rules, name);
    if (!of || value === null || value === undefined || typeof value === 'object' || of.includes(value)) return [];
    const shown = of.filter((l) => l !== null).map((l) => (typeof l === 'string' ? `'${l}'` : textOf(l)));
    const list = shown.length > 1 ? `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)!}` : shown.join('');
    return [[name, `${name}\n  Input should be ${list}`] as const];
  });
}

/** One error for all that the configuration complains of, in the order of its fields, as pydantic tells it. */
function complaint({ terms }: RuleSet, of: readonly (readonly [field: string, text: string])[]): Raised {
  const order = namesOf(terms);
  const at = (field: string): number => order.indexOf(`default.attention_config.${field}`);
  const texts = of.toSorted(([a], [b]) => at(a) - at(b)).map(([, text]) => text);
  const cls = textOf(terms['class.attention_config'] ?? '');
  const head = `${texts.length} validation error${texts.length === 1 ? '' : 's'} for ${cls}`;
  return { type: 'ValidationError', text: [head, ...texts].join('\n') };
}

/** One question of many, with the backend that is asked for as the configuration has it. */
interface Asked {
  readonly q: BulkQuestion;
  readonly backend: Fact | undefined;
}

const sources = new WeakMap<Machine, WeakMap<Stock, (asked: Asked) => void>>();

/** Starts questions of one machine, each fact read when a rule asks for it. */
function sourceOf(machine: Machine, stock: Stock): (asked: Asked) => void {
  let ofMachine = sources.get(machine);
  if (!ofMachine) sources.set(machine, (ofMachine = new WeakMap()));
  let source = ofMachine.get(stock);
  if (!source) {
    const reader = readersFor(stock, machine.rules);
    const forced = forcedBy(machine.rules);
    source = machine.source((name) => {
      const read = reader(name);
      if (name === FORCED) return ({ backend }) => backend;
      if (name === forced) return ({ q, backend }) => backend ?? read(q);
      return ({ q }) => read(q);
    });
    ofMachine.set(stock, source);
  }
  return source;
}

function requestIn(machine: Machine, q: BulkQuestion): Request {
  const request = requestOf(machine, q.requested);
  const wrong = literalErrors(machine.rules, q.config ?? {});
  if (wrong.length === 0) return request;
  const text = request.error?.text;
  const own = typeof text === 'string' ? [['backend', text.slice(text.indexOf('\n') + 1)] as const] : [];
  return { backend: null, error: complaint(machine.rules, [...own, ...wrong]) };
}

/** Starts a question: loads it, and reads the backend that it asks for. */
export function startBulk(machine: Machine, q: BulkQuestion, stock: Stock): Request {
  const request = q.kind === 'vit' ? NOTHING : requestIn(machine, q);
  sourceOf(machine, stock)({ q, backend: request.backend === UNKNOWN ? undefined : request.backend });
  return request;
}

/** Answers a question with the rules of one platform. */
export function answerBulk(machine: Machine, q: BulkQuestion, stock: Stock): BulkResult {
  const request = startBulk(machine, q, stock);
  const how = { mla: flag(q.call?.use_mla), flash: stock.conventions.flashAttention };
  return { id: q.id ?? null, ...(q.kind === 'vit' ? answerVit(machine) : answerAttention(machine, request, how)) };
}

export type BulkResult = Record<string, Json | readonly (readonly string[])[]>;

const term = (machine: Machine, name: string): Resolved => {
  const t: Term | undefined = machine.rules.terms[name];
  return t === undefined ? null : machine.resolve(t);
};

/** Answers for the vision encoder of the question at hand. */
export function answerVit(machine: Machine): BulkResult {
  const { error, logs, whole } = happened(machine, 'vit.events');
  return {
    vit: error ? null : error === null ? UNKNOWN : term(machine, 'vit.backend'),
    error: error === null ? UNKNOWN : (error ?? null),
    logs: whole ? logs : UNKNOWN,
    vit_supported: term(machine, 'vit.supported'),
  };
}

/** What is asked beside the rules: for which kind of layer, and of which backends the FlashAttention version is told. */
export interface Telling {
  readonly mla: boolean;
  /** A regular expression. */
  readonly flash: string;
}

/** Answers for the attention of the question at hand. */
export function answerAttention(machine: Machine, request: Request, how: Telling): BulkResult {
  const { error, logs, reached, whole } = request.error
    ? { error: request.error, logs: [], reached: new Set<string>(), whole: true }
    : (happenedAtStart(machine) ?? happened(machine, 'selection.events'));
  const out: BulkResult = {
    winner: null,
    error: error === null ? UNKNOWN : (error ?? null),
    candidates: null,
    rejected: null,
    requested_reasons: null,
    logs: whole ? logs : UNKNOWN,
    fa_version: null,
    kv_layout: null,
    block_size: null,
    supported_block_sizes: null,
    cudagraph_support: null,
  };
  const badConfig = error !== undefined && error !== null && error.type === 'ValidationError';
  if (badConfig) return out;
  // an error before the platform is asked leaves nothing to rank
  if (error && !reached.has('platform')) return out;
  // a list that the selection did not look at is told for all that the platform was asked
  Object.assign(out, ranked(machine, reached.has(LIST) ? '' : AS_ASKED));
  if (typeof request.backend === 'string') out.requested_reasons = reasonsOf(machine, request.backend);
  if (error) return out;
  // as long as it may be refused nothing is known to win
  out.winner = error === null ? UNKNOWN : term(machine, 'selection.name');
  const cls = error === null ? UNKNOWN : term(machine, 'selection.class');
  const flash = new RegExp(how.flash).test(textOf(out.winner));
  Object.assign(out, followed(machine, cls, { mla: how.mla, flash }));
  return out;
}

/** What a start raises for certain before a layer asks. */
function happenedAtStart(machine: Machine): Happening | undefined {
  const raise = startRefused(machine);
  if (raise === undefined) return undefined;
  const text = machine.resolve(raise.text);
  return { error: { type: raise.type, text }, logs: [], reached: new Set<string>(), whole: true };
}

/** Before the names of terms that tell what the backends say of all that the platform was asked, where its list is told less. */
const AS_ASKED = 'as_asked.';

/** The name of a term as asked, where the rules have it. */
const asAsked = ({ rules }: Machine, name: string, prefix = AS_ASKED): string =>
  `${prefix}${name}` in rules.terms ? `${prefix}${name}` : name;

/** The candidates in order of priority and every refusal with its reasons. */
function ranked(machine: Machine, prefix: string): { candidates: Resolved; rejected: Resolved } {
  const named = (name: string): string => asAsked(machine, name, prefix);
  const failed = happened(machine, named('candidates.events')).error;
  if (failed || !('candidates.valid' in machine.rules.terms)) return { candidates: null, rejected: null };
  // it may be that there is no list
  if (failed === null) return { candidates: UNKNOWN, rejected: UNKNOWN };
  const candidates = term(machine, named('candidates.valid'));
  const list = term(machine, named('candidates.refused'));
  if (list === UNKNOWN) return { candidates, rejected: UNKNOWN };
  const rejected: Record<string, Resolved> = {};
  const rows = list as readonly { backend: string; priority?: number; reasons: Resolved }[];
  // without priorities they stand in their order already
  for (const r of rows.toSorted((a, b) => (a.priority ?? 0) - (b.priority ?? 0))) rejected[r.backend] = r.reasons;
  return { candidates, rejected };
}

function reasonsOf(machine: Machine, backend: string): Resolved {
  const name = asAsked(machine, `requested.${backend}`);
  const t = machine.rules.terms[name];
  if (t === undefined || t === null || typeof t !== 'object' || !('record' in t)) return null;
  const failed = happened(machine, name, t.record.events).error;
  return failed ? null : failed === null ? UNKNOWN : machine.resolve(t.record.reasons!);
}

const FOLLOWING = ['supported_block_sizes', 'block_size', 'kv_layout', 'fa_version', 'cudagraph_support'];

/** The facts that follow from the chosen class. */
function followed(
  machine: Machine,
  cls: Resolved,
  ask: { readonly mla: boolean; readonly flash: boolean },
): Record<string, Resolved> {
  if (cls === UNKNOWN) return Object.fromEntries(FOLLOWING.map((key) => [key, UNKNOWN]));
  const record = recordsOf(machine.rules).get(cls);
  if (!record) return {};
  const get = (name: string): Resolved => (name in record ? machine.resolve(record[name]!) : null);
  const layout: Record<string, Resolved> = {};
  if ('kv_layout.override_set' in machine.rules.terms) layout.override_set = term(machine, 'kv_layout.override_set');
  if ('kv_layout.required' in record) layout.required = get('kv_layout.required');
  if ('kv_layout.supported' in record) layout.supported = get('kv_layout.supported');
  const failed = happened(machine, 'kv_layout.events').error;
  if ('kv_layout.resolved' in machine.rules.terms && !failed)
    layout.resolved = failed === null ? UNKNOWN : term(machine, 'kv_layout.resolved');
  return {
    supported_block_sizes: get('supported_block_sizes'),
    // where a backend has no say in it, it is what the platform was asked with
    block_size: 'block_size' in record ? get('block_size') : term(machine, 'asked.block_size'),
    kv_layout: Object.keys(layout).length ? layout : null,
    fa_version: ask.flash ? term(machine, ask.mla ? 'flash_attn_version.mla' : 'flash_attn_version.attention') : null,
    cudagraph_support: get('cudagraph_support'),
  };
}

/** Lays the decision about a server out as text: the headline, the layers, and for each group what a reader asks next. */
import { LM } from '../engine/index.ts';
import type { FlagChange, Group, GroupDecision, ServerCase, ServerDecision, StageOpenError } from '../engine/index.ts';
import { builderLines, importLines } from './builderlayout.ts';
import {
  candidateLines,
  changeLines,
  errorLines,
  factCells,
  factLines,
  followLines,
  funnel,
  howWords,
  type LayoutOptions,
  logLine,
  needLines,
  possibleLines,
  section,
  variantLines,
} from './layout.ts';
import { NOT_KNOWN } from './drafting.ts';
import { meantIn } from './meant.ts';
import { layerNames, SHORT, shown } from './shown.ts';
import { columns, styled, wrapped } from './style.ts';

/** The whole answer, in lines. */
export function serverLines(decision: ServerDecision, { command, all }: LayoutOptions): string[] {
  const { error, open, groups, changes, notes } = decision;
  return [
    styled('dim', `$ ${command}`),
    '',
    headline(decision),
    ...errorLines(error),
    ...meantLines(decision),
    ...unknownModel(decision).map((text) => `  ${text}`),
    // where a model is not known, hardly anything is: the notes say why
    ...((decision.headline.architecture === null || unknownModel(decision).length > 0) && error === null && !all
      ? []
      : section(error === null ? 'What may still refuse it' : 'What may refuse it before', openLines(open, all))),
    ...section('By the GPU', columns(decision.cases.map(caseCells))),
    ...section('Layers', layerLines(groups)),
    ...distinctGroups(groups, all).flatMap((group) => groupLines(group, decision, all)),
    ...section('vLLM will print', linesAbout(decision, all).map(logLine)),
    ...section('What would change it', flagLines(changes, all)),
    ...(error !== null && groups.length === 0 && !all
      ? []
      : [
          ...section('What was given', inputLines(decision, all)),
          ...section('What the start comes to', columns(decision.resolved.map(factCells))),
          ...section('Other installs', variantLines(decision)),
        ]),
    ...(all ? section('When the platform is imported', importLines(decision.atImport)) : []),
    ...section(
      'To know',
      notes
        .filter(({ code, text }) => code !== 'variant' && !text.startsWith(NOT_KNOWN))
        .map(({ text }) => `  ${text}`),
    ),
  ];
}

/** Why the model that drafts is not known, where that is so. */
const unknownModel = ({ notes }: ServerDecision): string[] =>
  notes.flatMap(({ text }) => (text.startsWith(NOT_KNOWN) ? text.split('\n') : []));

function meantLines({ error, question }: ServerDecision): string[] {
  const meant = error === null ? [] : meantIn(error, question);
  return meant.length === 0 ? [] : [`  Did you mean ${meant.join(' or ')}?`];
}

/** What a line says that is about attention. */
const ABOUT = /attention|attn|\bbackends?\b|kv[ _-]?cache|block[ _]size|cuda ?graph|\bMLA\b/i;

/** The lines that speak of what is asked; all where that is asked for. */
const linesAbout = ({ logs }: ServerDecision, all: boolean): ServerDecision['logs'] =>
  all ? logs : logs.filter(({ text }) => ABOUT.test(text));

/** What will happen, in one sentence. */
function headline(decision: ServerDecision): string {
  const { headline: head, groups, open, complete, cases } = decision;
  const model = head.architecture === null ? '' : `, ${head.architecture}`;
  const where = `vLLM ${head.release}${head.device === null ? '' : ` on ${head.device}`}${model}`;
  if (head.outcome === 'refused') return `${styled(['bold', 'red'], 'refused')}  ${where}: it would not start.`;
  const names = backendNames(decision);
  if (head.outcome === 'starts') {
    const [lm] = groups.filter(({ decision: made }) => made !== null);
    return `${styled(['bold', 'green'], names === '' ? 'no backend' : names)}  ${where}: ${wordsOf(lm)}.`;
  }
  if (head.architecture === null)
    return `${styled(['bold', 'yellow'], 'it depends')}  ${where}: which layers the model builds is not known.`;
  const why = [
    ...(open.length > 0 ? [`${count(open.length, 'check')} may still refuse it`] : []),
    ...(complete ? [] : ['which layers it builds is not known for certain']),
  ];
  const left = [...new Set(cases.flatMap(({ backends, error }) => (error === null ? backends : ['a refusal'])))];
  if (left.length > 0)
    return `${styled(['bold', 'yellow'], 'it depends')}  ${where}: ${left.map((one) => one ?? 'unknown').join(', ')} by the GPU (--gpu).`;
  const known = groups.length > 0 && groups.every(({ backend }) => backend !== null);
  const title = known ? styled(['bold', 'yellow'], names) : styled(['bold', 'yellow'], 'it depends');
  return `${title}  ${where}${why.length > 0 ? `: ${why.join(', and ')}` : ''}.`;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** The backends with the FlashAttention version of each, those of the model's own attention first. */
function backendNames({ headline: { backends } }: ServerDecision): string {
  const isBeside = (role: string): boolean => role !== LM && role !== 'own';
  const sorted = backends.toSorted((a, b) => Number(isBeside(a.role)) - Number(isBeside(b.role)));
  const names = sorted.map(({ role, backend, flashAttention }) => {
    const flash = flashAttention === null ? '' : ` with FlashAttention ${flashAttention}`;
    const beside = isBeside(role) ? ` for ${asWords(role)}` : '';
    return `${backend ?? 'unknown'}${flash}${beside}`;
  });
  return [...new Set(names)].join(' and ');
}

function wordsOf(group: Group | undefined): string {
  const decision = group?.decision;
  if (!decision) return 'no layer asks for a backend';
  const first = howWords(decision.winner?.how, decision.funnel);
  const others = decision.candidates.filter(({ status }) => status === 'out-ranked' || status === 'would-work').length;
  return `${first}; ${others === 0 ? 'nothing else' : count(others, 'other')} would work${others === 0 ? '' : ' too'}`;
}

/** What may end the start: errors of one type and place together. */
function openLines(open: readonly StageOpenError[], all: boolean): string[] {
  const byPlace = new Map<string, StageOpenError[]>();
  for (const one of open) {
    const key = `${one.type} ${one.places[0] ?? ''}`;
    byPlace.set(key, [...(byPlace.get(key) ?? []), one]);
  }
  const places = [...byPlace.values()];
  const shown = places.slice(0, all ? places.length : SHORT);
  const lines = shown.flatMap((alike) => {
    const {
      type,
      text,
      places: [place = ''],
      stage,
    } = alike[0]!;
    const said = (text ?? 'its words depend on what is unknown').split('\n').at(-1)!.trim();
    const others = alike.length > 1 ? ` (and ${alike.length - 1} like it)` : '';
    const needs = [...new Set(alike.flatMap((one) => one.needs))];
    const named = all ? needs : needs.slice(0, 3);
    const more = needs.length > named.length ? ', …' : '';
    return [
      `  ${styled('bold', type)} ${said}${others}  ${styled('dim', place === '' ? stage : `${stage}, ${place}`)}`,
      ...(named.length === 0 ? [] : [`    depends on ${named.join(', ')}${more}`]),
    ];
  });
  return [...lines, ...(places.length > shown.length ? [`  and ${places.length - shown.length} more (--all)`] : [])];
}

function layerLines(groups: readonly Group[]): string[] {
  return columns(
    groups.map(({ layers, certain, layer, by, backend, names, role }) => [
      `  ${certain ? '' : 'up to '}${layers} × ${layer}`,
      styled('bold', backend ?? 'unknown'),
      ...(role === 'own' ? ['of its own accord'] : [roleWords(role)]),
      styled('dim', `${by}: ${layerNames(names)}`),
    ]),
  );
}

/** So many of the facts from one place are shown where not everything is asked for. */
const FEW = 12;

/** What was said, by where: the flags and the config with what each holds. */
function inputLines({ inputs }: ServerDecision, all: boolean): string[] {
  const byPlace = new Map<string, string[]>();
  for (const { name, value, from, where } of inputs) {
    const place = `${from}${where === undefined ? '' : `, ${where}`}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), `${name} ${all ? shown(value) : inShort(value)}`]);
  }
  return [...byPlace].flatMap(([place, facts]) => {
    const told = all ? facts : facts.slice(0, FEW);
    const more = facts.length > told.length ? [`and ${facts.length - told.length} more (--all)`] : [];
    return [`  ${styled('dim', place)}`, ...wrapped([...told, ...more], 116)];
  });
}

/** A value; of a list or an object how much it holds. */
function inShort(value: unknown): string {
  if (value === null || typeof value !== 'object') return shown(value);
  return Array.isArray(value) ? `a list of ${value.length}` : `a mapping of ${Object.keys(value).length}`;
}

function caseCells({ fact, is, backends, error }: ServerCase): string[] {
  const names = backends.map((backend) => backend ?? 'unknown').join(' and ');
  const comes = error === null ? styled('bold', names) : `refused: ${error.text ?? error.type}`;
  return [`  ${fact} ${is.text}`, comes];
}

const roleWords = (role: string): string => (role === LM ? 'asks the selection' : `for ${asWords(role)}`);

/** Roles that are told by another word. */
const WORDS: Readonly<Record<string, string>> = { draft: 'drafting' };

/** What a function chooses, by its name: `get_x_y_backend` is `x y`. */
const asWords = (name: string): string => WORDS[name] ?? name.replaceAll(/^get_|_backend$/g, '').replaceAll('_', ' ');

/** Groups whose answer differs; all where that is asked for. */
function distinctGroups(groups: readonly Group[], all: boolean): Group[] {
  const seen = new Set<string>();
  return groups.filter(({ decision }) => {
    if (decision === null) return false;
    const key = JSON.stringify([decision.candidates, decision.winner, decision.follows]);
    if (!all && seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function groupLines(group: Group, { groups, cases, error }: ServerDecision, all: boolean): string[] {
  const { decision } = group;
  if (decision === null) return [];
  const several = groups.filter((one) => one.decision !== null).length > 1;
  const about = several ? `${count(group.layers, 'layer')} ${group.layer}${specialty(group)}: ` : '';
  const isOpen = all || cases.length === 0;
  return [
    ...(decision.error === null || error !== null
      ? []
      : section(`${about}vLLM's own error`, errorLines(decision.error).slice(1))),
    ...(isOpen ? section(`${about}Possible answers`, possibleLines(decision, all)) : []),
    ...(isOpen ? section(`${about}What would settle it`, needLines(decision, all)) : []),
    ...(decision.candidates.length === 0 ? [] : section(`${about}${funnel(decision)}`, candidateLines(decision, all))),
    ...section(`${about}What follows`, followLines(decision)),
    ...section(`${about}What its metadata builder settles`, builderLines(decision, all)),
    ...section(`${about}Facts that would change it`, changeLines(besideFlags(decision, all), all)),
    ...section(`${about}${all ? 'What it rests on' : 'What decides'}`, factLines(decision, all)),
  ];
}

/** The changes that no flag makes: those of the machine and the environment; all where that is asked for. */
function besideFlags({ whatif, forcing }: GroupDecision, all: boolean): Pick<GroupDecision, 'whatif' | 'forcing'> {
  if (all) return { whatif, forcing };
  return {
    whatif: whatif.filter(({ changes }) => changes.every(({ fact }) => /^(?:device|env)\./.test(fact))),
    forcing,
  };
}

const specialty = ({ call }: Group): string => (call['has_sliding_window'] === true ? ' with a sliding window' : '');

function flagLines(changes: readonly FlagChange[], all: boolean): string[] {
  const rows = changes.map(({ words, backends }) => [
    `  ${styled('bold', words)}`,
    [...new Set(backends.map((backend) => backend ?? 'unknown'))].join(' and '),
  ]);
  const shown = all ? rows : rows.slice(0, SHORT);
  return [...columns(shown), ...(rows.length > shown.length ? ['  and more (--all)'] : [])];
}

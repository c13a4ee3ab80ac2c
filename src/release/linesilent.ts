/** What a line reports without printing it. */
import type { Node } from '../python/index.ts';
import { rootsOf } from './lineflow.ts';
import { fieldOf, type LinePattern, rootsText, type Where } from './linemeaning.ts';
import { partsOfWords } from './linetexts.ts';
import { childrenOf, pathOf, type Spoken } from './linewalk.ts';

/** What a line reports by standing where it does, beside what it chose. */
export function silent(
  spoken: Spoken,
  words: string,
  holes: LinePattern['text'],
  { fn }: Where,
): Record<string, string | number> {
  const says: Record<string, string | number> = {};
  const plain = words.toLowerCase().replaceAll(/[^a-z]/g, '');
  for (const { to, value } of [...spoken.assigned, ...spoken.beside]) {
    const field = fieldOf(to);
    if (field === undefined || holes.some((part) => typeof part !== 'string' && part.is === field)) continue;
    const speaksOf = (to.split('.').at(-1) ?? '').toLowerCase().replaceAll(/[^a-z]/g, '');
    const constant = constantOf(value);
    const isSpoken =
      field === 'forces' ? constant !== undefined && words.includes(String(constant)) : plain.includes(speaksOf);
    if (constant === undefined || !isSpoken) delete says[field];
    else says[field] = constant;
  }
  const runner = spoken.tested.find((name) => /(?:^|\.)use_v2_model_runner$/.test(name));
  if (
    fn === 'use_v2_model_runner' &&
    spoken.returned?.nodeType === 'Constant' &&
    typeof spoken.returned['value'] === 'boolean'
  )
    says['modelRunner'] = spoken.returned['value'] ? 'V2' : 'V1';
  else if (runner !== undefined) says['modelRunner'] = runner.startsWith('!') ? 'V1' : 'V2';
  if (fn === '_initialize_kv_caches' && spoken.last && spoken.level === 'INFO') says['reached'] = 'ready';
  if (spoken.next && loadsDrafter(spoken.next)) says['role'] = 'drafter';
  return says;
}

/** A number, or the name of a member: `Mode.SOME` is SOME. */
function constantOf(node: Node): string | number | undefined {
  const { value } = node;
  if (node.nodeType === 'Constant') return typeof value === 'number' || typeof value === 'string' ? value : undefined;
  return /^[A-Z]\w*\.([A-Z][A-Z0-9_]*)$/.exec(pathOf(node))?.[1];
}

/** Whether a statement has a drafter load its model. */
function loadsDrafter(node: Node): boolean {
  if (node.nodeType === 'Call' && pathOf(node['func'] as Node).endsWith('.drafter.load_model')) return true;
  return childrenOf(node).some(loadsDrafter);
}

/** The backend that is returned next as a constant, where the line prints nothing that comes from one. */
export function chosenSilently(spoken: Spoken, { of, flow, module }: Where): Record<string, string> {
  const { returned, level } = spoken;
  if (of === undefined || !returned || level === 'DEBUG') return {};
  const prints = partsOfWords(spoken).flatMap((part) => (typeof part === 'string' ? [] : [...rootsOf(part, flow)]));
  if (prints.some((root) => /backend|reasons/i.test(root))) return {};
  const members = [...rootsText(returned)];
  if (members.length === 1) return { backend: members[0]!.split('.')[1]! };
  const [made, ...others] =
    returned.nodeType === 'Name' ? (flow.sources.get(String(returned['id'])) ?? []) : [returned];
  const path: unknown = others.length === 0 && made?.nodeType === 'Constant' ? made['value'] : undefined;
  const name = typeof path === 'string' ? module.nameOf(path) : undefined;
  return name === undefined ? {} : { backend: name };
}

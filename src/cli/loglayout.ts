/** How what a log shows is laid out: as text, and as annotations. */
import type { LogError, Selection, Start } from '../logs/index.ts';
import { lineWithoutSecrets } from './secrets.ts';
import { columns, onOneLine, styled } from './style.ts';

const REACHED: Readonly<Record<Start['reached'], string>> = {
  boot: 'the end of the log, before the engine was ready',
  ready: 'engine ready',
  completed: 'a request was answered',
  failed: 'failed before the engine was ready',
};

/** A start in lines; of one that goes on, nothing of what may still come. */
export function startLines(start: Start, goesOn = false): string[] {
  const { lines } = start;
  const at = (field: string): string => (lines[field] === undefined ? '' : `line ${lines[field]}`);
  const rows: (readonly [string, string | number | null, string])[] = [
    ['vLLM', start.release ?? 'release not printed', at('release')],
    ['model', start.model, ''],
    ['service', start.service, ''],
    ...start.selections.map((one) => [one.role ?? 'attention', selectionText(one), `line ${one.line}`] as const),
    ...(start.selections.length === 0 && !goesOn ? [['attention', 'no backend is printed', ''] as const] : []),
    ['FlashAttention', start.flashAttentionVersion, at('flashAttentionVersion')],
    ['MLA prefill', start.mlaPrefill, at('mlaPrefill')],
    ['vision', start.vit, at('vit')],
    ['KV layout', start.kvCacheLayout, at('kvCacheLayout')],
    ['KV dtype', start.kvCacheDtype, at('kvCacheDtype')],
    ['block size', blockSize(start), at('blockSize')],
    ['CUDA graphs', graphsText(start), at('cudagraphMode')],
    ['model runner', start.modelRunner, at('modelRunner')],
    ['speculative', start.speculative, at('speculative')],
    ['dead variables', start.deadVariables.length > 0 ? start.deadVariables.join(', ') : null, ''],
    ['unknown names', start.unknownNames.length > 0 ? start.unknownNames.join(', ') : null, ''],
    ['reached', goesOn && start.reached === 'boot' ? null : REACHED[start.reached], at(start.reached)],
  ];
  return [
    ...columns(
      rows.filter(([, value]) => value !== null).map(([name, value, where]) => [`  ${name}`, String(value), where]),
    ),
    ...start.errors.flatMap(errorLines),
  ];
}

function selectionText({ backend, candidates, how }: Selection): string {
  const rest = backend === null ? [] : (candidates?.filter((one) => one !== backend) ?? []);
  const why = { auto: 'automatic', forced: 'asked for', model: 'set by the model', platform: 'set by the platform' }[
    how
  ];
  return `${styled('bold', backend ?? 'unknown')}, ${why}${rest.length > 0 ? ` before ${rest.join(', ')}` : ''}`;
}

function graphsText({ cudagraphMode: { asked, effective } }: Start): string | null {
  if (asked === null && effective === null) return null;
  if (effective === null) return `${asked} asked for`;
  return asked === null || asked === effective ? effective : `${effective}, ${asked} asked for`;
}

function errorLines({ type, text, requested, reasons, line }: LogError): string[] {
  const [first = ''] = lineWithoutSecrets(text).split('\n');
  const short = first.length > 200 ? `${first.slice(0, 199)}…` : first;
  const asked = requested === null ? [] : [`    asked for  ${requested}`];
  return [`  ${styled('red', type)}  ${short}  line ${line}`, ...asked, ...reasonLines(reasons)];
}

function reasonLines(reasons: LogError['reasons']): string[] {
  if (reasons === null || typeof reasons !== 'object') return [];
  if (Array.isArray(reasons)) return reasons.map((one) => `    against it  ${onOneLine(String(one))}`);
  return columns(
    Object.entries(reasons).map(([name, list]) => [
      `    ${name}`,
      Array.isArray(list) ? list.join(', ') : JSON.stringify(list),
    ]),
  );
}

/** A file of a log, and how many lines the log has before it. */
export interface LogPart {
  readonly file: string;
  readonly before: number;
}

/** What a run of GitHub Actions shows beside the log: beside the files of one that was rotated, each with its own lines. */
export function annotations(parts: readonly LogPart[], start: Start): string[] {
  const say = (kind: 'notice' | 'warning' | 'error', at: number, title: string, text: string): string => {
    const { file, before } = parts.findLast((one) => one.before < at) ?? parts[0]!;
    return `::${kind} file=${escaped(file, true)},line=${at - before},title=${escaped(title, true)}::${escaped(text)}`;
  };
  const at = (part: 'unknownNames' | 'deadVariables', name: string): number =>
    start.lines[`${part}.${name}`] ?? start.firstLine;
  const unknown = start.unknownNames.map((name) =>
    say(
      'warning',
      at('unknownNames', name),
      'Unknown backend',
      `${name} is no backend of vLLM ${start.release ?? ''}`.trim(),
    ),
  );
  const dead = start.deadVariables.map((name) =>
    say('warning', at('deadVariables', name), 'Dead variable', `vLLM ${start.release ?? ''} does not read ${name}`),
  );
  return [
    ...start.selections.map((one) => say('notice', one.line, 'Attention backend', plain(selectionText(one)))),
    ...dead,
    ...unknown,
    ...start.errors.map(({ type, text, line }) => say('error', line, type, lineWithoutSecrets(text))),
  ];
}

// oxlint-disable-next-line no-control-regex -- colours are for a terminal
const plain = (text: string): string => text.replaceAll(/\u001B\[[0-9;]*m/g, '');

/** What annotations do not take as it is. */
function escaped(text: string, isProperty = false): string {
  const data = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return isProperty ? data.replaceAll(':', '%3A').replaceAll(',', '%2C') : data;
}

/** The block size with who set it, where that is known. */
function blockSize({ blockSize: size, blockSizeBy: by }: Start): string | null {
  if (size === null) return null;
  return by === null ? `${size}` : `${size}, set by the ${by === 'user' ? 'line that started it' : 'release'}`;
}

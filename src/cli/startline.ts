/** The line that would start a server as a log says that it was started. */
import type { Json } from '../engine/index.ts';
import type { Start } from '../logs/index.ts';

/** Arguments that say where a server listens and how it logs, and those that are the model's name again. */
const ASIDE = /^(?:model|model_tag|host|port|uvicorn_|api_|disable_log_|root_path|ssl_|chat_template)/;

/** The line. A value that cannot be written as a word is left out. */
export function lineOfStart({ arguments: given, model }: Start): string {
  const words = Object.entries(given ?? {})
    .filter(([name]) => !ASIDE.test(name))
    .flatMap(([name, value]) => wordsOf(`--${name.replaceAll('_', '-')}`, value));
  return ['vllm serve', ...(model === null ? [] : [quoted(model)]), ...words].join(' ');
}

function wordsOf(flag: string, value: Json): string[] {
  if (value === null) return [];
  if (typeof value === 'boolean') return [value ? flag : flag.replace('--', '--no-')];
  if (typeof value !== 'object') return [flag, quoted(String(value))];
  if (Array.isArray(value))
    return value.every((one) => typeof one !== 'object') ? [flag, ...value.map((one) => quoted(String(one)))] : [];
  const rest = Object.entries(value).flatMap(([key, own]) => (isSaid(own) ? [[key, memberOf(own)] as const] : []));
  return rest.length === 0 ? [] : [flag, quoted(JSON.stringify(Object.fromEntries(rest)))];
}

/** Whether a part of a configuration says more than that nothing is said. */
const isSaid = (value: Json): boolean =>
  value !== null && value !== '' && value !== false && !(typeof value === 'object' && Object.keys(value).length === 0);

/** Names of members of enumerations without those of the enumerations, wherever they stand. */
function memberOf(value: Json): Json {
  if (typeof value === 'string') return value.replace(/^[A-Z]\w*\.([A-Z][A-Z\d_]*)$/, '$1');
  if (Array.isArray(value)) return value.map(memberOf);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, memberOf(own)]));
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

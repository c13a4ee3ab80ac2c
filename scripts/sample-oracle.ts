/*
 * Picks the part of a release's recorded answers that the repository holds, so that the tests stand alone:
 * `node dist/scripts/sample-oracle.js RECORDED.jsonl.gz OUT.jsonl.gz`. Deterministic: the same file gives the same part.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { readGaps } from './gaps.ts';
import { platformsIn, readRecorded, type Recorded } from './oracle.ts';
import { scriptWords } from './words.ts';

/** So many questions of each platform, by how much there is to show; a platform that is not named gets the least. */
const SIZES: Readonly<Record<string, number>> = { cuda: 150, rocm: 60 };
const LEAST = 15;

/** What a question shows; a part is good when it shows all of it. */
function shows({ q, a }: Recorded): string[] {
  const { error, winner, vit, candidates, requested_reasons: reasons, rejected, cudagraph_support: graphs } = a;
  const type = (error as { readonly type?: string } | null)?.type;
  return [
    `device ${q.device?.gcn_arch ?? q.device?.capability?.join('.')} ${q.kind ?? 'attn'}`,
    `winner ${String(winner ?? vit)} ${type ?? ''}`,
    `requested ${q.requested ?? ''}`,
    `forced refused ${Array.isArray(reasons) && reasons.length > 0}`,
    `graphs ${String(graphs)}`,
    `first ${Array.isArray(candidates) ? String(candidates[0]) : 'none'}`,
    ...Object.entries(q.call ?? {}).map(([key, value]) => `call ${key} ${String(value)}`),
    ...Object.keys(q.config ?? {}).map((key) => `config ${key}`),
    ...Object.entries(q.install ?? {}).map(([key, value]) => `install ${key} ${String(value)}`),
    ...Object.keys(q.env ?? {}).map((key) => `env ${key}`),
    ...Object.values((rejected ?? {}) as Record<string, readonly string[]>)
      .flat()
      .map((reason) => `reason ${reason.replaceAll(/\d+/g, '#')}`),
  ];
}

/** Picks what shows the most that is new, until nothing is new; then evenly from the rest. */
function pick(all: readonly Recorded[], size: number): Recorded[] {
  const rest = all.map((one) => ({ one, features: [...new Set(shows(one))] }));
  const seen = new Set<string>();
  const picked: Recorded[] = [];
  while (picked.length < size && rest.length > 0) {
    const gains = rest.map(({ features }) => features.filter((feature) => !seen.has(feature)).length);
    const best = Math.max(...gains);
    const at = best > 0 ? gains.indexOf(best) : Math.floor(rest.length / 2);
    const [{ one, features }] = rest.splice(at, 1) as [(typeof rest)[number]];
    for (const feature of features) seen.add(feature);
    picked.push(one);
  }
  return picked.toSorted((x, y) => (x.q.id < y.q.id ? -1 : 1));
}

const [from = '', to = ''] = scriptWords('RECORDED.jsonl.gz OUT.jsonl.gz', {}, [2, 2]).positionals;
const all = readRecorded(from);
// an answer that is known not to be vLLM's shows nothing
const gaps = readGaps(path.join(import.meta.dirname, '../..'));
const sound = (platform: string): Recorded[] =>
  readRecorded(from, platform).filter(
    ({ q, a }) => !Object.keys(a).some((key) => gaps.isKnown(String(a['release']), q.id, key)),
  );
const picked = platformsIn(from).flatMap((platform) => pick(sound(platform), SIZES[platform] ?? LEAST));
// what was noted on the way takes no part in the comparison
const lines = picked.map(({ q, a }) => JSON.stringify({ a: { ...a, logs: infoOf(a['logs']), notes: undefined }, q }));
const bytes = gzipSync(`${lines.join('\n')}\n`, { level: 9 });
writeFileSync(to, bytes);
process.stdout.write(`${to}: ${picked.length} of ${all.length}, ${bytes.length} bytes\n`);

function infoOf(logs: unknown): unknown {
  return Array.isArray(logs) ? logs.filter((line: readonly string[]) => line[0] === 'INFO') : logs;
}

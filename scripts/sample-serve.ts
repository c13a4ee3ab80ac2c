/*
 * Picks the part of recorded command lines that the repository holds, so that the tests stand alone:
 * `node dist/scripts/sample-serve.js RECORDED.jsonl.gz OUT.jsonl.gz`. Deterministic: the same file gives the same part.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { isDecoderOnly, readServeRecords, type ServeRecord } from './serve.ts';
import { recordedLines } from './oracle.ts';
import { scriptWords } from './words.ts';
import { writtenIn } from './written.ts';

const SIZE = 40;

const [from = '', to = ''] = scriptWords('RECORDED.jsonl.gz OUT.jsonl.gz', {}, [2, 2]).positionals;
const all = readServeRecords(from).filter(isDecoderOnly);
// evenly from all, in their order
const picked = all.filter((_, i) => Math.floor(((i + 1) * SIZE) / all.length) > Math.floor((i * SIZE) / all.length));
const written = new Map(recordedLines(from).map((line) => [/"id": ?"(\w+)"/.exec(line)![1]!, line]));
const bytes = gzipSync(`${picked.map(lineOf).join('\n')}\n`, { level: 9 });
writeFileSync(to, bytes);
process.stdout.write(`${to}: ${picked.length} of ${all.length}, ${bytes.length} bytes\n`);

/** A record with what takes part in the comparison: its case as it is written. */
function lineOf(record: ServeRecord): string {
  const asked = writtenIn(written.get(record.case.id)!, 'case');
  return `{"case":${asked},"answer":${JSON.stringify(compared(record))}}`;
}

function compared({ answer: a }: ServeRecord): Partial<ServeRecord['answer']> {
  const groups = (a.groups ?? []) as Readonly<Record<string, unknown>>[];
  const kept = groups.map(({ role, backend, layers, call, candidates }) => ({
    role,
    backend,
    layers,
    call,
    candidates,
  }));
  const { error, resolved, resolved_after_load: later, post } = a;
  return { error, groups: kept, resolved, resolved_after_load: later, post };
}

/** Puts together what a container runtime wrote in pieces, since it writes no line longer than a bound. */
import type { RawLine } from './lines.ts';
import { DAY } from './wrappers.ts';

/** A runtime's own file: time, stream, and whether the line goes on. */
const RUNTIME = new RegExp(String.raw`^${DAY} (stdout|stderr) ([FP])(?::\w+)* `);
/** Docker writes a line as objects of so many bytes at most; the last one ends with the line. */
const DOCKER = 16_384;
/** More streams than these are not waited for at one time. */
const MOST = 16;

interface Piece {
  readonly stream: string;
  readonly text: string;
  readonly goesOn: boolean;
}

/** Hands on every line once its last piece is there, by the number of its first; of more than `longest` units, what lies within. */
export function createJoiner(take: (line: RawLine) => void, longest: number): (line: RawLine) => void {
  const open = new Map<string, RawLine>();
  return (line) => {
    const piece = pieceOf(line.text, open.size > 0);
    const before = piece && open.get(piece.stream);
    if (!piece || (!piece.goesOn && !before)) return take(line);
    const text = `${before?.text ?? ''}${piece.text}`;
    const cut = line.cut || before?.cut === true || text.length > longest;
    const joined = {
      text: text.slice(0, longest),
      number: before?.number ?? line.number,
      cut,
      isOpen: line.isOpen === true,
    };
    open.delete(piece.stream);
    if (!piece.goesOn) return take(joined);
    open.set(piece.stream, joined);
    if (open.size > MOST) open.delete([...open.keys()][0]!);
  };
}

/** A piece of a line without what the runtime puts around it; undefined for a line that is none, or, where none is open, a whole one. */
function pieceOf(text: string, isOpen: boolean): Piece | undefined {
  const [head, stream, tag] = RUNTIME.exec(text) ?? [];
  if (head !== undefined)
    return isOpen || tag === 'P' ? { stream: stream!, text: text.slice(head.length), goesOn: tag === 'P' } : undefined;
  // a unit of text is three bytes at most
  if (!text.startsWith('{') || (!isOpen && text.length < DOCKER / 3)) return undefined;
  let row: Readonly<Record<string, unknown>>;
  try {
    row = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const { log, stream: of } = row;
  if (typeof log !== 'string' || typeof of !== 'string') return undefined;
  const goesOn = !log.endsWith('\n') && bytesOf(log) >= DOCKER;
  return { stream: of, text: log.replace(/\r?\n$/, ''), goesOn };
}

/** How many bytes a text is in UTF-8. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x8_00 ? 2 : code < 0x1_00_00 ? 3 : 4;
  }
  return bytes;
}

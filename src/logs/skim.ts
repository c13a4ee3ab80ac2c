/**
 * Passes over lines of which nothing would be kept, without making texts of them: while a server serves, these are nearly all.
 * What is not plainly one of them is left to be read like any other.
 *
 * Such a line is one of a process of which it is known whose it is. It has no control character but tabs, and stands at a level at
 * which no line is part of an error. It is the formatter's and of a file that is not looked at, or it is the web server's, while
 * nothing of what that says is waited for. `skim.wat` looks for them, sixteen bytes at a time.
 */
import { SKIM_CODE } from './skimcode.ts';

/** Which lines say nothing, as things stand. */
export interface Quiet {
  /** Whether nothing of what the web server says is waited for. */
  readonly served: boolean;
  /** Lines longer than this are cut. */
  readonly longest: number;
}

export interface Skimmer {
  /** Lines that begin with this tag, `(Name pid=1)`, can be passed over, or those without one. */
  readonly know: (tag: string) => void;
  /** Lines of no process can be passed over. */
  readonly forget: () => void;
  /**
   * How far whole lines of which nothing would be kept reach, from the first byte of a line on: the first byte after them, and how
   * many they are. The bytes are UTF-8; what holds others the next time is another array, or looked at from its first byte on.
   */
  readonly skim: (bytes: Uint8Array, from: number, quiet: Quiet) => { readonly at: number; readonly lines: number };
}

const NEWLINE = 10;
const PAGE = 1 << 16;
/** Where in the machine's memory the tags stand, and the text. */
const [TAGS, TEXT] = [PAGE, 2 * PAGE];
/** So many bytes are looked at together, and the room after them that may be looked at as well. */
const [WINDOW, ROOM] = [1 << 20, 512];

/** What `skim.wat` gives. */
interface Machine {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  /** How many lines the last call passed over. */
  readonly lines: { readonly value: number };
  readonly skim: (at: number, end: number, served: number, untagged: number, longest: number) => number;
}
/** The part of the engine's own that is asked for. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** What a skimmer looks for: tables as `skim.wat` has them. */
interface Known {
  readonly files: Uint8Array;
  readonly tags: BigUint64Array;
  /** The tags themselves; '' where lines without one can be passed over. */
  readonly told: Set<string>;
  changed: boolean;
}

/** One for all logs: each reserves gigabytes of addresses. */
interface Skimming {
  readonly machine: Machine;
  readonly memory: Uint8Array;
  /** Whose tables are in the memory, and which bytes, from which one to which. */
  known?: Known;
  bytes?: Uint8Array;
  start: number;
  end: number;
}
let skimming: Skimming | 'none' | undefined;

/** Where the engine has no such machine, as on a processor from before 2008, every line is read: that takes longer. */
function begun(): Skimming | 'none' {
  try {
    const code = Uint8Array.from(SKIM_CODE.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    const machine = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Machine;
    machine.memory.grow(Math.ceil((WINDOW + ROOM) / PAGE));
    return { machine, memory: new Uint8Array(machine.memory.buffer), start: 0, end: 0 };
  } catch {
    return 'none';
  }
}

/** Begins to skim for the files whose lines are looked at. */
export function createSkimmer(files: Iterable<string>): Skimmer {
  const known: Known = {
    files: new Uint8Array(PAGE),
    tags: new BigUint64Array(1 << TAG_BITS),
    told: new Set(),
    changed: true,
  };
  // the line of another file with the same number is read, and nothing found in it
  for (const file of files) known.files[fileNumber(file)] = 1;

  return {
    know(tag) {
      if (known.told.has(tag)) return;
      if (known.told.size >= MOST) this.forget();
      known.told.add(tag);
      if (tag === '') return;
      const number = tagNumber(tag);
      // of two tags in one place the lines of the first are read
      known.tags[Number(number >> BigInt(64 - TAG_BITS))] = number;
      known.changed = true;
    },
    forget() {
      known.told.clear();
      known.tags.fill(0n);
      known.changed = true;
    },
    skim(bytes, from, { served, longest }) {
      skimming ??= begun();
      if (skimming === 'none') return { at: from, lines: 0 };
      let [at, lines] = [from, 0];
      for (;;) {
        const { machine, start, end } = prepared(skimming, known, bytes, at);
        const to = TEXT - start;
        const next = machine.skim(at + to, end + to, Number(served), Number(known.told.has('')), longest) - to;
        lines += machine.lines.value;
        // nothing more, or nothing beyond the bytes that were looked at
        if (next === at || end === bytes.length) return { at: next, lines };
        at = next;
      }
    },
  };
}

/** With the tables and the bytes from one of them on in the memory. */
function prepared(skimming: Skimming, known: Known, bytes: Uint8Array, from: number): Skimming {
  const { memory } = skimming;
  if (skimming.known !== known || known.changed) {
    if (skimming.known !== known) memory.set(known.files);
    memory.set(new Uint8Array(known.tags.buffer), TAGS);
    skimming.known = known;
    known.changed = false;
  }
  const isHere = skimming.bytes === bytes && from > 0 && from >= skimming.start && from < skimming.end;
  if (!isHere || (skimming.end < bytes.length && skimming.end - from < WINDOW / 2)) {
    const end = Math.min(from + WINDOW, bytes.length);
    memory.set(bytes.subarray(from, end), TEXT);
    Object.assign(skimming, { bytes, start: from, end });
  }
  return skimming;
}

/** Where a line ends, or the bytes do. */
export function lineEnd(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end === -1 ? bytes.length : end;
}

/** Numbers as `skim.wat` counts them, of sixteen letters each. */
const [ODD, OTHER] = [0x9e3779b97f4a7c15n, 0xc2b2ae3d27d4eb4fn];
const TAG_BITS = 12;
const LETTERS = 16;
/** More tags than this are not known. */
const MOST = 1 << TAG_BITS;

/** The number of a file's name, of its last sixteen letters. */
function fileNumber(file: string): number {
  const name = file.slice(file.lastIndexOf('/') + 1).slice(-LETTERS);
  const [low, high] = halves(name, LETTERS - name.length);
  return Number(BigInt.asUintN(64, low * ODD + high * OTHER) >> 48n);
}

/** The number of a tag, of all that stands before its closing bracket. */
function tagNumber(tag: string): bigint {
  let number = 0n;
  for (let at = 0; at < tag.length; at += LETTERS) {
    const letters = tag.slice(at, Math.min(at + LETTERS, tag.length - 1));
    // what is not full is put to the end of its half
    const half = letters.length < 8 ? 0 : 8;
    const rest = letters.slice(half);
    const [low, high] =
      letters.length === LETTERS ? halves(letters, 0) : halves(letters.slice(0, half) + rest.padStart(8, '\0'), 0);
    const product = BigInt.asUintN(64, (number ^ low) * ODD);
    const turned = BigInt.asUintN(64, (product << 29n) | (product >> 35n));
    number = BigInt.asUintN(64, (turned ^ high) * OTHER);
  }
  return number;
}

function halves(text: string, from: number): readonly [bigint, bigint] {
  const letters = new Uint8Array(LETTERS);
  letters.set(
    Uint8Array.from(text, (letter) => letter.codePointAt(0)!),
    from,
  );
  const view = new DataView(letters.buffer);
  return [view.getBigUint64(0, true), view.getBigUint64(8, true)];
}

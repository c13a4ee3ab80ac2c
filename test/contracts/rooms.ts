import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');
export const src = path.join(root, 'src');

export interface Room {
  /** Rooms whose code it may import. */
  readonly rooms: readonly string[];
  /** Packages it may import. */
  readonly packages: readonly string[];
  /** Knows Node: may import `node:*`. A room that does not is pure and runs in a browser. */
  readonly node: boolean;
}

/** The arrows. To add one is a decision about the whole house: write it into ARCHITECTURE.md as well. */
export const rooms: Readonly<Record<string, Room>> = {
  rules: { rooms: [], packages: [], node: false },
  python: { rooms: ['rules'], packages: ['py-ast'], node: false },
  release: { rooms: ['rules', 'python'], packages: [], node: false },
  engine: { rooms: ['rules'], packages: [], node: false },
  logs: { rooms: ['rules', 'engine'], packages: [], node: false },
  catalog: { rooms: ['rules', 'engine'], packages: ['leven', 'zod'], node: false },
  disk: { rooms: ['rules', 'engine', 'catalog'], packages: ['fzstd', 'modern-tar', 'yauzl'], node: true },
  cli: {
    rooms: ['rules', 'python', 'release', 'engine', 'logs', 'catalog', 'disk'],
    packages: ['yaml', 'zod'],
    node: true,
  },
};

export interface SourceFile {
  /** From the root of the repository: `src/rules/error.ts`. */
  readonly file: string;
  readonly room: string;
  readonly text: string;
}

/** Every TypeScript file under src/, in a fixed order. */
export function sourceFiles(): SourceFile[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
    .map((file) => ({
      file: path.posix.join('src', file.split(path.sep).join('/')),
      room: file.split(path.sep)[0] ?? '',
      text: readFileSync(path.join(src, file), 'utf8'),
    }));
}

const STATEMENT = /^\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const BARE = /^\s*import\s*['"]([^'"]+)['"]/gm;
const CALL = /\bimport\s*\(\s*['"]([^'"]+)['"]/g;

/** What a text imports, as written: statements, bare imports, re-exports, dynamic imports and import types. */
export function importsOf(text: string): string[] {
  return [STATEMENT, BARE, CALL].flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
}

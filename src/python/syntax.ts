/** The one file that touches the parser: Python text → syntax tree, in the shape of CPython's `ast`. */
import { parse } from 'py-ast';

/** A node of the syntax tree; fields are those of CPython's `ast` module. */
export interface Node {
  readonly nodeType: string;
  readonly lineno?: number;
  readonly col_offset?: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- the parser's nodes are read field by field, by node type
  readonly [field: string]: any;
}

/** Parses a module. Throws the parser's SyntaxError-like error, whose message names the line. */
export function parsePython(text: string): readonly Node[] {
  return (parse(text) as unknown as { body: Node[] }).body;
}

/** True when a numeric literal at this place of the text is written as a float (`1.0`, `1e3`). */
export function isFloatLiteral(lines: readonly string[], node: Node): boolean {
  const line = lines[(node.lineno ?? 1) - 1] ?? '';
  // py-ast counts columns in UTF-16 units
  const literal = /^[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?/.exec(line.slice(node.col_offset ?? 0))?.[0] ?? '';
  return !/^0[xXbBoO]/.test(line.slice(node.col_offset ?? 0)) && /[.eE]/.test(literal);
}

/** Values that the question gives: an input by its name, as a Python value that may be several things. */
import type { Cond, Expr, Kind, Scalar } from '../rules/index.ts';
import type { Reader } from './reader.ts';
import { FALSE, NONE, num, one, str, text, TRUE, UNBOUND } from './values.ts';
import type { Atom, Value } from './values.ts';

/** An input with finitely many values: each label of the question stands for one thing, and `other` for any other value. */
export function choiceInput(
  R: Reader,
  name: string,
  options: readonly { readonly label: Scalar; readonly atom: Atom }[],
  other?: Atom,
): Value {
  const v = R.book.choice(
    name,
    options.map((o) => o.label),
    other !== undefined,
  );
  const known = options.map((o, i) => ({ g: R.d.is(v, i), v: o.atom }));
  if (!other) return known;
  // anything else is none of them
  const not = new Set(options.flatMap((o) => (o.atom.k === 'str' ? [o.atom.s] : [])));
  return [...known, { g: R.d.is(v, options.length), v: other.k === 'text' ? { ...other, not } : other }];
}

/** A yes/no input. */
export const flagInput = (R: Reader, name: string): Value =>
  choiceInput(R, name, [
    { label: false, atom: FALSE },
    { label: true, atom: TRUE },
  ]);

/** Where a yes/no input is yes. */
export const flagCond = (R: Reader, name: string): Cond => flagInput(R, name).find((a) => a.v === TRUE)!.g;

/** An input that is a text. Another place may ask for it as one that is perhaps missing. */
export const textInput = (name: string): Value => one(text([{ p: 'expr', e: { op: 'input', name } }]));

/** An input that may be of several kinds; `missing` becomes an unbound alternative. */
export function kindInput(
  R: Reader,
  name: string,
  kinds: readonly Kind[],
  other: (kind: Kind) => Atom | undefined = () => undefined,
): Value {
  const e: Expr = { op: 'input', name };
  const atom = (kind: Kind): Atom => {
    switch (kind) {
      case 'missing':
        return UNBOUND;
      case 'none':
        return NONE;
      case 'false':
        return FALSE;
      case 'true':
        return TRUE;
      case 'int':
        return num(e);
      case 'float':
        return num(e, true);
      case 'str':
        return text([{ p: 'expr', e }]);
      default:
        return other(kind) ?? str('');
    }
  };
  const v = R.book.kinds(name, kinds);
  return kinds.map((kind, i) => ({ g: R.d.is(v, i), v: atom(kind) }));
}

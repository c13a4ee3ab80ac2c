/** What Python says of operands that do not go together. */
import { type Atom, typeName } from './values.ts';

/** What Python says of an operator that two things do not have. */
export function operandText(op: string, a: Atom, b: Atom): string {
  const joins: Readonly<Partial<Record<Atom['k'], string>>> = { str: 'str', text: 'str', list: 'list', tuple: 'tuple' };
  const kind = op === 'Add' ? joins[a.k] : undefined;
  return kind === undefined
    ? `unsupported operand type(s) for ${SIGNS[op] ?? op}: '${typeName(a)}' and '${typeName(b)}'`
    : `can only concatenate ${kind} (not "${typeName(b)}") to ${kind}`;
}

/** What Python says of a division by zero. */
export function divisionText(op: string, a: Atom, b: Atom): string {
  const isFloat = [a, b].some((v) => v.k === 'float' || (v.k === 'num' && v.float));
  if (op === 'Div') return isFloat ? 'float division by zero' : 'division by zero';
  if (op === 'Mod') return isFloat ? 'float modulo' : 'integer modulo by zero';
  return isFloat ? 'float floor division by zero' : 'integer division or modulo by zero';
}

const SIGNS: Readonly<Record<string, string>> = {
  Add: '+',
  Sub: '-',
  Mult: '*',
  Div: '/',
  FloorDiv: '//',
  Mod: '%',
  Pow: '** or pow()',
  BitOr: '|',
  BitAnd: '&',
};

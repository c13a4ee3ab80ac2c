/** What the headers of a model's weights say. */
import { choiceInput, dict, one, str } from '../python/index.ts';
import type { Atom, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';

/** What the headers of the weights say: of which dtype they are, when they can be read. */
export function weights(R: Reader): Value {
  const entry = (name: string): Atom =>
    dict([{ key: str('weights'), g: YES, v: one(dict([{ key: str('dtype'), g: YES, v: one(str(name)) }])) }]);
  return choiceInput(R, 'weights.dtype', [
    { label: null, atom: dict([]) },
    ...Object.entries(SAFETENSORS).map(([name, label]) => ({ label, atom: entry(name) })),
  ]);
}

/** How safetensors files name the torch dtypes that weights are of. */
export const SAFETENSORS: Readonly<Record<string, string>> = {
  BF16: 'bfloat16',
  F16: 'float16',
  F32: 'float32',
  F64: 'float64',
  F8_E4M3: 'float8_e4m3fn',
  F8_E5M2: 'float8_e5m2',
};

import { describe, expect, it } from 'vitest';
import { createReader, nameIn } from '../../src/python/index.ts';
import type { ClassAtom, InstanceAtom } from '../../src/python/index.ts';
import { createShipment, createWorld, shipStateBytes } from '../../src/release/index.ts';
import { createBook, createMachine, type Fact, type Resolved } from '../../src/rules/index.ts';

const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/v1/__init__.py': '',
  'vllm/v1/kv_cache_interface.py': `
from dataclasses import dataclass
from math import prod
import torch
def size_of(dtype):
    return torch.tensor([], dtype=dtype).element_size()
@dataclass(frozen=True)
class MambaSpec:
    block_size: int
    shapes: tuple
    dtypes: tuple
    @property
    def page_size_bytes(self) -> int:
        return sum(prod(shape) * size_of(dtype) for shape, dtype in zip(self.shapes, self.dtypes))
`,
  'vllm/models.py': `
import os
import torch
class Plain: ...
class Kept:
    @classmethod
    def get_mamba_state_shape_from_config(cls, config):
        base = ((int(os.getenv("ROWS")), 3), (5, 2))
        return (*base, (7,)) if os.getenv("RING") else base
    @classmethod
    def get_mamba_state_dtype_from_config(cls, config):
        base = (torch.bfloat16, torch.float32)
        return (*base, torch.uint8) if os.getenv("RING") else base
class Several(Kept):
    @classmethod
    def get_mamba_specs_from_config(cls, config): ...
`,
};
const tree = {
  read: (path: string) => FILES[path],
  list: (folder: string) => Object.keys(FILES).filter((file) => file.startsWith(folder)),
};

function bytesOf(cls: string, facts: Readonly<Record<string, Fact>>): Resolved | undefined {
  const R = createReader(createBook(), createWorld(tree, 'cuda'));
  const ship = createShipment(R);
  const config = { k: 'none' } as unknown as InstanceAtom;
  shipStateBytes(R, ship, nameIn(R, 'vllm.models', cls)![0]!.v as ClassAtom, config);
  const machine = createMachine(ship.ship());
  const term = machine.rules.terms['state_bytes'];
  machine.load({ get: (name) => facts[name] });
  return term === undefined ? undefined : machine.resolve(term);
}

describe('the bytes of a state', () => {
  it("are those of the class's shapes and dtypes", () => {
    expect(bytesOf('Kept', { 'env.ROWS': '4', 'env.RING': '' })).toBe(4 * 3 * 2 + 5 * 2 * 4);
    expect(bytesOf('Kept', { 'env.ROWS': '4', 'env.RING': '1' })).toBe(4 * 3 * 2 + 5 * 2 * 4 + 7);
  });

  it('are not told of a class without a state, or with several', () => {
    expect(bytesOf('Plain', {})).toBeUndefined();
    expect(typeof bytesOf('Several', { 'env.ROWS': '4', 'env.RING': '' })).toBe('symbol');
  });
});

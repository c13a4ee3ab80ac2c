import { describe, expect, it } from 'vitest';
import { createMakingRules, type MakeCall, madeOf } from '../../src/engine/index.ts';
import { readMaking } from '../../src/release/making.ts';
import { type Fact, mergeRules, packRules, type Resolved, textOf } from '../../src/rules/index.ts';

const LINEAR = 'vllm/model_executor/layers/linear';

/** A tree with one layer that is cut by the ranks, and one that looks at its name. */
const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/distributed/__init__.py': '',
  'vllm/distributed/parallel_state.py': `
class GroupCoordinator:
    world_size: int
    rank_in_group: int
_TP = None
def get_tensor_model_parallel_world_size():
    return _TP.world_size
`,
  'vllm/model_executor/__init__.py': '',
  'vllm/model_executor/layers/__init__.py': '',
  [`${LINEAR}.py`]: `
import torch
from vllm.distributed.parallel_state import get_tensor_model_parallel_world_size
def set_once(weight, name, value):
    assert not hasattr(weight, name), "set twice"
    setattr(weight, name, value)
class Cut(torch.nn.Module):
    def __init__(self, sizes: list[int], bias: bool = True, more: dict | None = None, prefix: str = ""):
        super().__init__()
        tp = get_tensor_model_parallel_world_size()
        assert all(size % tp == 0 for size in sizes), f"{sum(sizes)} over {tp}"
        if bias and len(sizes) > 2:
            raise ValueError("no bias for so many")
        weight = torch.nn.Parameter(torch.empty(sum(sizes)))
        set_once(weight, "loader", self.load)
        self.register_parameter("weight", weight)
        hand_on(**(more or {}))
    def load(self):
        raise RuntimeError("later")
def hand_on(**more):
    pass
class Named(torch.nn.Module):
    def __init__(self, table: dict | None, prefix: str = ""):
        if table is not None and table["kind"] == "odd" and prefix.split(".")[-1] == "proj":
            raise ValueError(f"{prefix} is odd")
`,
};

const TREE = {
  read: (file: string) => FILES[file],
  list: (folder: string) => Object.keys(FILES).filter((file) => file.startsWith(`${folder}/`)),
};

const read = readMaking(TREE, 'cuda', [`${LINEAR}:Cut`, `${LINEAR}:Named`], ['none']);
const rules = createMakingRules({
  methods: ['none'],
  rules: packRules(mergeRules([['none/', read.rules['none']!]]), ['none/']),
  unread: read.unread,
});

/** What making comes to, with so many ranks. */
function made(
  ranks: number | undefined,
  ...calls: readonly (readonly [name: string, args: Record<string, Resolved>])[]
) {
  const makes = calls.map(([name, args]): MakeCall => ({
    maker: `${LINEAR}:${name}`,
    args,
    unknown: [],
    certain: true,
    needs: [],
  }));
  const known = new Map<string, Fact | undefined>([['parallel_config.tensor_parallel_size', ranks]]);
  const { error, open, unread } = madeOf(rules, known as never, { makes, packed: {}, renamed: [] } as never);
  return {
    error: error && `${error.type} ${textOf(error.text)}`,
    open: open.map(({ type, needs }) => `${type} ${needs.join()}`),
    unread,
  };
}

describe('what a layer refuses when it is made', () => {
  it('is told of the sizes that it is given, in its own words', () => {
    expect(made(2, ['Cut', { sizes: [8, 6] }])).toEqual({ error: undefined, open: [], unread: [] });
    expect(made(2, ['Cut', { sizes: [8, 7] }]).error).toBe('AssertionError 15 over 2');
  });

  it('takes what is given by default, and what comes first', () => {
    expect(made(2, ['Cut', { sizes: [2, 2, 2] }]).error).toBe('ValueError no bias for so many');
    expect(made(2, ['Cut', { sizes: [2, 2, 2], bias: false }]).error).toBeUndefined();
    expect(made(2, ['Cut', { sizes: [4] }], ['Cut', { sizes: [3] }], ['Cut', { sizes: [5] }]).error).toBe(
      'AssertionError 3 over 2',
    );
  });

  it('is open where it depends on what is not known, and named where it was not read', () => {
    expect(made(undefined, ['Cut', { sizes: [8] }]).open).toEqual([
      'AssertionError parallel_config.tensor_parallel_size',
    ]);
    expect(made(2, ['Cut', { sizes: [8], more: { a: 1 } }]).unread).toEqual(['Cut with a more']);
    expect(made(2, ['Other', {}]).unread).toEqual(['Other']);
  });

  it('looks at the name of a layer and into what it is given', () => {
    const odd = { table: { kind: 'odd' } };
    expect(made(1, ['Named', { ...odd, prefix: 'a.b' }], ['Named', { ...odd, prefix: 'a.b.proj' }]).error).toBe(
      'ValueError a.b.proj is odd',
    );
    expect(made(1, ['Named', { table: { kind: 'even' }, prefix: 'a.proj' }]).error).toBeUndefined();
    expect(made(1, ['Named', { table: {}, prefix: 'a.proj' }]).error).toBe("KeyError 'kind'");
    expect(made(1, ['Named', { table: null }]).error).toBeUndefined();
  });
});

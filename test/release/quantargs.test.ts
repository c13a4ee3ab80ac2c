import { expect, it } from 'vitest';
import { createReader, entryFrame, nameIn, one } from '../../src/python/index.ts';
import { createWorld } from '../../src/release/world.ts';
import { jsonDict } from '../../src/release/json.ts';
import { createShipment, eventsTerm } from '../../src/release/terms.ts';
import { createBook, createMachine } from '../../src/rules/index.ts';
import { playOpen } from '../../src/engine/stage.ts';
import { jsonFacts } from '../../src/engine/configobject.ts';

/* What is told of the package that describes quantized checkpoints: an order of activations, and the strategies. */

const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/reads.py': `
from compressed_tensors.quantization import QuantizationArgs, QuantizationStrategy
def read(given):
    args = QuantizationArgs.model_validate(given)
    if args is None:
        raise TypeError("none is made")
    if args.actorder in ("group", "dynamic"):
        raise ValueError(f"no order {args.actorder}")
    strategy = QuantizationStrategy(given.get("strategy"))
    if strategy not in (QuantizationStrategy.TENSOR, QuantizationStrategy.ATTN_HEAD):
        raise NotImplementedError(f"no strategy {strategy.value}")
    if strategy == "attn_head" and QuantizationStrategy.TENSOR.value != "tensor":
        raise RuntimeError("members are texts")
`,
};

const tree = {
  read: (file: string) => FILES[file],
  list: (folder: string) => Object.keys(FILES).filter((file) => file.startsWith(`${folder}/`)),
};

function readAll() {
  const R = createReader(createBook(), createWorld(tree, 'cuda'));
  R.lenient = true;
  const ship = createShipment(R);
  const frame = entryFrame(R, 'vllm.reads');
  R.call(frame, nameIn(R, 'vllm.reads', 'read')!, { pos: [one(jsonDict(R, 'given'))], kw: new Map() });
  ship.add('events', eventsTerm(R, frame, ship, frame.trace));
  return createMachine(ship.ship());
}

const machine = readAll();
const raised = (given: object) => {
  const facts = jsonFacts('given', given);
  const { error, open } = playOpen(machine, facts, machine.rules.terms['events']);
  return error?.text ?? (open.length > 0 ? 'open' : 'taken');
};

it.each([
  [{}, 'taken'],
  [{ actorder: null }, 'taken'],
  [{ actorder: false }, 'taken'],
  [{ actorder: 'Static' }, 'taken'],
  [{ actorder: 'GROUP' }, 'no order group'],
  [{ actorder: true }, 'no order group'],
  [{ actorder: 'dynamic' }, 'no order dynamic'],
  [{ actorder: 'another' }, 'open'],
])('an order of activations %j is %s', (given, says) => {
  expect(raised({ strategy: 'tensor', ...given })).toBe(says);
});

it.each([
  ['tensor', 'taken'],
  ['attn_head', 'taken'],
  ['channel', 'no strategy channel'],
  ['another', 'open'],
  [null, 'open'],
])('a strategy %j is %s', (strategy, says) => {
  expect(raised({ strategy })).toBe(says);
});

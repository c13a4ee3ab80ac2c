/** What the driver and PyTorch say of the device, as inputs. */
import { choiceInput, dict, flagInput, int, kindInput, num, one, str, text, tuple, union } from '../python/index.ts';
import type { Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Expr } from '../rules/index.ts';
import { record } from './things.ts';

const MAJORS = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
const MINORS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** The compute capability of the device as two finite inputs. */
const capability = (R: Reader): readonly [Value, Value] => [
  choiceInput(
    R,
    'device.major',
    MAJORS.map((n) => ({ label: n, atom: int(n) })),
  ),
  choiceInput(
    R,
    'device.minor',
    MINORS.map((n) => ({ label: n, atom: int(n) })),
  ),
];

/**
 * The architecture of the device by its maker's name: one of those that the tree names, or any other text. Without such
 * names it is any text.
 */
const architecture = (R: Reader, known: readonly string[]): Value => {
  const name = 'device.gfx';
  if (known.length === 0) return kindInput(R, name, ['str']);
  const options = known.map((label) => ({ label, atom: str(label) }));
  return choiceInput(R, name, options, text([{ p: 'expr', e: { op: 'input', name } }]));
};

/** A name ends in the minor number and a sign for the stepping; what stands before is the major number. */
const NUMBERED = '^[a-z]+(\\d+)(\\d)[0-9a-f](?::|$)';

/** The capability where the driver tells it by the name of the architecture. */
function capabilityBy(R: Reader, known: readonly string[]): readonly [Value, Value] {
  if (known.length === 0) return capability(R);
  const named = architecture(R, known);
  const number = (part: 1 | 2): Value =>
    union(
      R.d,
      named.map(({ g, v }) => {
        const found = v.k === 'str' ? new RegExp(NUMBERED).exec(v.s)?.[part] : undefined;
        return { g, v: found === undefined ? num(numberIn(part)) : int(Number(found)) };
      }),
    );
  return [number(1), number(2)];
}

const numberIn = (part: number): Expr => {
  const args: Expr[] = [NUMBERED, '', part].map((value) => ({ op: 'const', value }));
  return { op: 'int', args: [{ op: 'group', args: [{ op: 'input', name: 'device.gfx' }, ...args] }] };
};

const properties = (R: Reader, architectures: readonly string[]): Value => {
  const [major, minor] = capabilityBy(R, architectures);
  return record(R, 'DeviceProperties', {
    major,
    minor,
    name: kindInput(R, 'device.name', ['str']),
    total_memory: kindInput(R, 'device.memory', ['int']),
    multi_processor_count: kindInput(R, 'device.units', ['int']),
    is_integrated: flagInput(R, 'device.integrated'),
    gcnArchName: architecture(R, architectures),
  });
};

const asicInfo = (R: Reader, architectures: readonly string[]): Value =>
  one(
    dict([
      { key: str('target_graphics_version'), g: YES, v: architecture(R, architectures) },
      { key: str('device_id'), g: YES, v: kindInput(R, 'device.id', ['str']) },
      { key: str('market_name'), g: YES, v: kindInput(R, 'device.name', ['str']) },
      { key: str('num_compute_units'), g: YES, v: kindInput(R, 'device.units', ['int']) },
    ]),
  );

/** What is asked of the device, where `architectures` are the names that its architecture may have. */
export const DEVICE: Readonly<Record<string, (R: Reader, architectures: readonly string[]) => Value>> = {
  'torch.cuda.get_device_capability': (R, architectures) => one(tuple([...capabilityBy(R, architectures)])),
  'torch.cuda.get_device_properties': properties,
  'pynvml.nvmlDeviceGetCudaComputeCapability': (R) => one(tuple([...capability(R)])),
  'amdsmi.amdsmi_get_gpu_asic_info': asicInfo,
};

/**
 * The packages outside vLLM that its selection asks: torch, NVML, packaging, pydantic and so on. Every entry says what
 * the real thing answers; what depends on the machine becomes an input with a name.
 */
import {
  bool,
  builtinClass,
  choiceInput,
  dict,
  exprOf,
  flagInput,
  int,
  jsonOf,
  kindInput,
  list,
  native,
  nativeOf,
  newInstance,
  NONE_VALUE,
  num,
  one,
  outside,
  pydanticDataclass,
  str,
  strOf,
  textInput,
  unread,
} from '../python/index.ts';
import type { Args, Atom, ClassAtom, Frame, Model, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import { DEVICE } from './device.ts';
import { hubOf } from './hub.ts';
import { quantizationOutside } from './quantargs.ts';
import { classOnce, object, record } from './things.ts';

/** The torch dtypes that a question may name; an input of finite choice. */
export const DTYPES = ['bfloat16', 'float16', 'float32', 'float64'] as const;

const TORCH_CONSTANTS = [
  ...DTYPES,
  'float8_e4m3fn',
  'float8_e4m3fnuz',
  'float8_e5m2',
  'float8_e5m2fnuz',
  'float8_e8m0fnu',
  'float4_e2m1fn_x2',
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'bool',
  'uint16',
  'uint32',
  'uint64',
];
const TORCH_ALIASES: Readonly<Record<string, string>> = {
  half: 'float16',
  float: 'float32',
  double: 'float64',
  long: 'int64',
  int: 'int32',
  short: 'int16',
};

/** A torch dtype as a thing. */
export const dtype = (name: string): Value => one(outside(`torch.${TORCH_ALIASES[name] ?? name}`, true));

/** Is this the name of a torch dtype? */
export const isDtype = (name: string): boolean => name.startsWith('torch.') && TORCH_CONSTANTS.includes(name.slice(6));

/** How many bytes an element of a torch dtype takes. */
const bytesOf = (name: string): number => {
  const bits = /\d+/.exec(name)?.[0];
  return bits === undefined || name.startsWith('torch.float4') ? 1 : Number(bits) / 8;
};

/** A tensor of which it is asked how many bytes its elements take. */
function tensor(R: Reader, frame: Frame, args: Args): Value {
  const given = args.kw.get('dtype') ?? args.pos[1];
  if (!given) return unread(R, frame, 'the tensor that torch.tensor makes');
  const size = given.map(({ g, v }) => ({
    g,
    v: v.k === 'outside' && isDtype(v.name) ? int(bytesOf(v.name)) : unread(R, frame, 'an element of a tensor')[0]!.v,
  }));
  return record(R, 'Tensor', { element_size: one(native('element_size', () => size)) });
}

/** The input of a torch dtype. */
export const dtypeInput = (R: Reader, name: string): Value => choiceInput(R, name, dtypeOptions());

/** Every torch dtype that a config.json may name, as options of a choice. */
export const dtypeOptions = (): readonly { readonly label: string; readonly atom: Atom }[] =>
  [...TORCH_CONSTANTS, ...Object.keys(TORCH_ALIASES)].map((d) => ({ label: d, atom: dtype(d)[0]!.v }));

const version: Model = (R, _f, args) => {
  const cls = versionClass(R);
  const made = newInstance(cls);
  made.attrs.set('_version', args.pos[0]!);
  for (const [i, name] of ['major', 'minor', 'micro'].entries()) {
    const e = args.pos[0]!.length === 1 ? exprOf(args.pos[0]![0]!.v) : undefined;
    if (e)
      made.attrs.set(
        name,
        one(
          num({ op: 'int', args: [{ op: 'item', args: [e, { op: 'const', value: '.' }, { op: 'const', value: i }] }] }),
        ),
      );
  }
  return one(made);
};

const versionClass = (R: Reader): ClassAtom =>
  classOnce(R, 'packaging.version.Version', () => builtinClass('Version', object(R), 'packaging.version'));

/** The driver of the machine's GPUs, as triton sees it. */
const activeDriver = (R: Reader): Value =>
  record(R, 'Driver', { is_active: one(native('is_active', () => one(bool(true)))) });

const constant =
  (value: Value): Model =>
  () =>
    value;

const NVML: Readonly<Record<string, Model>> = {
  nvmlInit: constant(NONE_VALUE),
  nvmlShutdown: constant(NONE_VALUE),
  nvmlDeviceGetHandleByIndex: constant(one(outside('nvml handle'))),
  nvmlDeviceGetHandleByUUID: constant(one(outside('nvml handle'))),
  nvmlDeviceGetCount: (R) => kindInput(R, 'device.count', ['int']),
  nvmlDeviceGetName: (R) => kindInput(R, 'device.name', ['str']),
  nvmlDeviceGetMemoryInfo: (R) => record(R, 'MemoryInfo', { total: kindInput(R, 'device.memory', ['int']) }),
};

/**
 * A validator: of JSON, what it gives says as which class the text is read, and what it complains of is asked of that class.
 * Of a value, it gives it back where it is of the class already; what it makes of another is not told.
 */
function typeAdapter(R: Reader, frame: Frame, args: Args): Value {
  const cls = args.pos[0]![0]?.v;
  const own = cls?.k === 'class' ? cls : undefined;
  const json = one(native('validate_json', (inner) => jsonOf(R, inner.pos[0]!, own)));
  const value = one(
    native('validate_python', (inner) =>
      inner.pos[0]!.flatMap(({ g, v }) =>
        v.k === own?.name ? [{ g, v }] : unread(R, frame, 'what pydantic makes of a value').map((a) => ({ g, v: a.v })),
      ),
    ),
  );
  return record(R, 'TypeAdapter', { validate_json: json, validate_python: value });
}

const MODELS: Readonly<Record<string, Model>> = {
  'torch.cuda.is_available': constant(one(bool(true))),
  'torch.cuda._is_compiled': constant(one(bool(true))),
  'torch.cuda.current_device': constant(one(int(0))),
  'torch.cuda.device_count': (R) => kindInput(R, 'device.count', ['int']),
  'torch.cuda.get_device_name': (R) => kindInput(R, 'device.name', ['str']),
  'torch.cuda._device_count_nvml': (R) => kindInput(R, 'device.count', ['int']),
  'torch._C._cuda_getDeviceCount': (R) => kindInput(R, 'device.count', ['int']),
  'torch.xpu.get_device_name': (R) => kindInput(R, 'device.name', ['str']),
  // while a model is built it is the model's
  'torch.get_default_dtype': (R) => one(native('get_default_dtype', () => dtypeInput(R, 'call.dtype'))),
  'torch.finfo': (R, frame) => unread(R, frame, 'torch.finfo'),
  'torch.tensor': tensor,
  'torch.is_tensor': constant(one(bool(false))),
  'packaging.version.parse': version,
  'packaging.version.Version': version,
  'pydantic.dataclasses.dataclass': pydanticDataclass,
  'pydantic.TypeAdapter': typeAdapter,
  'pydantic.field_validator': () => one(native('field_validator', (args) => args.pos[0]!)),
  'pydantic.model_validator': () => one(native('model_validator', (args) => args.pos[0]!)),
  'pydantic.field_serializer': () => one(native('field_serializer', (args) => args.pos[0]!)),
  'pydantic.ConfigDict': (R, frame, args) => R.call(frame, R.builtin('dict')!, args),
  'torch.no_grad': () => one(native('no_grad', (args) => args.pos[0] ?? NONE_VALUE)),
  'torch.inference_mode': () => one(native('inference_mode', (args) => args.pos[0] ?? NONE_VALUE)),
  'torch._dynamo.disable': (_R, _f, args) => args.pos[0] ?? one(native('disable', (inner) => inner.pos[0]!)),
  'torch.compiler.disable': (_R, _f, args) => args.pos[0] ?? one(native('disable', (inner) => inner.pos[0]!)),
  'torch.distributed.is_initialized': constant(one(bool(false))),
  'torch.distributed.is_available': constant(one(bool(true))),
  'amdsmi.amdsmi_init': constant(NONE_VALUE),
  'amdsmi.amdsmi_shut_down': constant(NONE_VALUE),
  'amdsmi.amdsmi_get_processor_handles': () => one(list([{ g: YES, v: one(outside('amdsmi handle')) }])),
  'requests.get': (R, frame, args) => reachable(R, frame, args),
};

const none = (): readonly string[] => [];

/** An HTTP request made while choosing: whether the address answers is an input. */
function reachable(R: Reader, frame: Frame, args: Args): Value {
  const url = strOf(R, frame, args.pos[0]!)[0]?.v;
  const name = url?.k === 'str' ? url.s : 'some address';
  const there = flagInput(R, `reachable.${name}`);
  const made = record(R, 'Response', {
    status_code: there.map((a) => ({ g: a.g, v: int(a.v.k === 'bool' && a.v.b ? 200 : 503) })),
  });
  return made;
}

/**
 * Answers what is known of a name outside the tree, where `architectures` are the names that devices may have for their
 * own. Undefined: nothing is known.
 */
// oxlint-disable-next-line max-lines-per-function -- one step after the other, as vLLM takes them
export function outsideOf(R: Reader, name: string, architectures: () => readonly string[] = none): Value | undefined {
  const device = DEVICE[name];
  if (device) return one(nativeOf(R, name, () => device(R, architectures())));
  if (name.startsWith('pynvml.')) {
    const short = name.slice(7);
    if (short === 'NVMLError')
      return one(
        classOnce(R, name, () => builtinClass('NVMLError', R.builtin('Exception')![0]!.v as ClassAtom, 'pynvml')),
      );
    const model = NVML[short];
    return model && one(nativeOf(R, name, model));
  }
  if (name.startsWith('huggingface_hub.')) return hubOf(R, name);
  const quantized = quantizationOutside(R, name);
  if (quantized) return quantized;
  const model = MODELS[name];
  if (model) return one(nativeOf(R, name, model));
  const torch = /^torch\.(\w+)$/.exec(name)?.[1];
  if (torch && (TORCH_CONSTANTS.includes(torch) || torch in TORCH_ALIASES)) return dtype(torch);
  switch (name) {
    case 'triton.backends.backends':
      // of the drivers that it brings along, that of the machine's GPUs is active
      return one(dict([{ key: str('gpu'), g: YES, v: record(R, 'Backend', { driver: activeDriver(R) }) }]));
    case 'torch.version.cuda':
      return kindInput(R, 'version.cuda', ['none', 'str']);
    case 'torch.version.hip':
      return kindInput(R, 'version.hip', ['none', 'str']);
    case 'torch.__version__':
      return kindInput(R, 'version.torch', ['str']);
    case 'platform.machine':
      return one(nativeOf(R, name, () => kindInput(R, 'machine.architecture', ['str'])));
    case 'torch.dtype':
      return one(outside('torch.dtype'));
    case 'torch.Size':
      return one(outside('torch.Size'));
    case 'amdsmi.AmdSmiException':
      return one(
        classOnce(R, 'AmdSmiException', () =>
          builtinClass('AmdSmiException', R.builtin('Exception')![0]!.v as ClassAtom, 'amdsmi'),
        ),
      );
    case 'requests.exceptions.RequestException':
    case 'requests.RequestException':
      return one(
        classOnce(R, 'RequestException', () =>
          builtinClass('RequestException', R.builtin('OSError')![0]!.v as ClassAtom, 'requests.exceptions'),
        ),
      );
    case 'pydantic.ValidationError':
    case 'pydantic_core.ValidationError':
      return one(
        classOnce(R, 'ValidationError', () =>
          builtinClass('ValidationError', R.builtin('ValueError')![0]!.v as ClassAtom, 'pydantic_core'),
        ),
      );
    default:
  }
  // `package.__version__` is the version of the distribution, which is there where the package is
  const module = /^(\w+)\.__version__$/.exec(name)?.[1];
  if (module) return textInput(`version.${module}`);
  return undefined;
}

/** Asking a reading: functions called in a frame of their own, and where releases keep what is asked. */
import { entryFrame, moduleScope, nameIn } from '../python/index.ts';
import type { Atom, Event, Frame, InstanceAtom, Reader, Value } from '../python/index.ts';

/** The first module of several that the tree has; releases moved them. */
export const firstModule = (R: Reader, names: readonly string[]): string | undefined =>
  names.find((n) => moduleScope(R, n));

/** Runs `work` in a frame of its own and returns what it gave and what happened. */
export function ask<T>(
  R: Reader,
  module: string,
  work: (frame: Frame) => T,
): { value: T; events: readonly Event[]; frame: Frame } {
  const frame = entryFrame(R, module);
  const value = work(frame);
  return { value, events: frame.trace, frame };
}

/** The configuration that is current while layers are built. */
export function currentConfig(R: Reader): InstanceAtom | undefined {
  const module = firstModule(R, ['vllm.config.vllm', 'vllm.config']);
  const v = module ? nameIn(R, module, '_current_vllm_config')?.[0]?.v : undefined;
  return v?.k === 'instance' ? v : undefined;
}

/** Calls the method of that name; nothing where there is none. */
export const callNamed = (R: Reader, frame: Frame, v: Atom, name: string, pos: readonly Value[] = []): Value => {
  const got = R.attrOf(frame, v, name);
  return got ? R.call(frame, got, { pos, kw: new Map() }) : [];
};

/** Asks something on the side: what happens meanwhile is no part of what is read. */
export function quietly<T>(frame: Frame, work: () => T): T {
  const { trace, raised } = frame;
  frame.trace = [];
  try {
    return work();
  } finally {
    frame.trace = trace;
    frame.raised = raised;
  }
}

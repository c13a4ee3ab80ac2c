/**
 * Reads what the command `vllm serve` itself checks of parsed arguments, before the engine sees them: its own `validate`, and its
 * `cmd` up to the functions of its module that run servers.
 */
import { entryFrame, nameIn, one } from '../python/index.ts';
import type { Event, Frame, InstanceAtom, Reader } from '../python/index.ts';

const MODULE = 'vllm.entrypoints.cli.serve';
const COMMAND = 'ServeSubcommand';
/** Where the main parser keeps the name of the command. */
const CHOSEN = 'subparser';

/** Is it a function of the command's module that runs a server? */
export const runsServer = (name: string): boolean => name.startsWith(`${MODULE}.run_`);

/** What happens on the way, in order. Throws when the tree has no such command. */
export function serveChecks(
  R: Reader,
  namespace: InstanceAtom,
): { readonly frame: Frame; readonly trace: readonly Event[] } {
  const frame = entryFrame(R, MODULE);
  const command = nameIn(R, MODULE, COMMAND);
  if (!command) throw new Error('the tree has no command `vllm serve`');
  const made = R.call(frame, command, { pos: [], kw: new Map() });
  namespace.attrs.set(CHOSEN, R.getAttr(frame, made, 'name'));
  for (const step of ['validate', 'cmd'])
    R.call(frame, R.getAttr(frame, made, step), { pos: [one(namespace)], kw: new Map() });
  return { frame, trace: frame.trace };
}

/**
 * Answers which guarded outcomes a piece of Python has, read from its syntax trees and never executed.
 * Must not know vLLM, where files come from or what an outcome is used for.
 */

export * from './values.ts';
export * from './reader.ts';
export * from './read.ts';
export * from './inputs.ts';
export { copiedFrom, copiedWith, copyWith, deepCopy, originOf, writtenIn, wrote } from './copies.ts';
export { pairsOf } from './sized.ts';
export { TOO_DEEP } from './calls.ts';
export { environment, variablesSet } from './environ.ts';
export { nativeOf, pydanticDataclass } from './stdlib.ts';
export type { Model } from './stdlib.ts';
export { builtinClass } from './builtins.ts';
export { iterate } from './iterate.ts';
export { asPostInit, finishDataclass, initDataclass, isTaken, raiseValidation, validateField } from './dataclass.ts';
export { actionsOf, SUPPRESS, textsOf, type Added } from './argparse.ts';
export { jsonOf } from './regex.ts';
export { defaultOf as fieldDefault } from './types.ts';
export { dataFields } from './classes.ts';
export { copyDict } from './entries.ts';
export { dictGet } from './lookups.ts';
export { findInClass, newInstance } from './objects.ts';
export { getAttr } from './attributes.ts';
export { setAttr } from './settingattributes.ts';
export { wildAttr } from './ownattributes.ts';
export { exprOf } from './compare.ts';
export { importedName, moduleAttr, moduleScope, requireModule } from './modules.ts';
export { partsOf, strOf, textValue } from './strings.ts';
export { assignTarget } from './assigning.ts';
export { binary } from './operators.ts';
export { type Node, parsePython } from './syntax.ts';
export type { JoinedLists } from './numberlists.ts';

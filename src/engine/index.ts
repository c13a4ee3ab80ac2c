/**
 * Answers a question by evaluating the rules of a release: the decision, its candidates, reasons and needs.
 * Must not know how rules were learned, where facts are stored or how an answer is shown.
 */

export * from './events.ts';
export * from './ask.ts';
export { FLOATING, wrongShape, wrongWords } from './askedshape.ts';
export { ignoredWords } from './ignored.ts';
export {
  factsOf,
  labelsOf,
  takenCapability,
  type BulkQuestion,
  type Conventions,
  type Install,
  type Stock,
} from './asked.ts';
export * from './bulk.ts';
export * from './onelayer.ts';
export { backendsOf, forcedBy, possibleClasses, registeredIn } from './outcome.ts';
export { NOT_READ } from './possible.ts';
export * from './release.ts';
export * from './question.ts';
export * from './decision.ts';
export * from './decide.ts';
export { askedWith, machineFor } from './beside.ts';
export { builderOf } from './builderfacts.ts';
export * from './schema.ts';
export { createProber, enough, type Prober } from './explain.ts';
export { leversFor, type Lever } from './whatif.ts';
export * from './arguments.ts';
export * from './command.ts';
export * from './configfile.ts';
export { jsonOf as jsonAsPython } from './jsontext.ts';
export { wordsOfKeywords } from './keywords.ts';
export type * from './flags.ts';
export { classByType } from './classbytype.ts';
export { builtFacts, type Chosen } from './builtfacts.ts';
export { type Cached, settledLayout } from './builtlayout.ts';
export { createDraftChange } from './draftchange.ts';
export { draftedModel, type DraftedModel } from './draftbuild.ts';
export type { AskedInner } from './inner.ts';
export * from './layers.ts';
export * from './making.ts';
export * from './configobject.ts';
export * from './configfacts.ts';
export * from './modelstages.ts';
export * from './quantizationstage.ts';
export * from './server.ts';
export * from './serverrules.ts';
export * from './servecase.ts';
export { decideServer, type DecidingServer } from './decideserver.ts';
export { changesToRan, type Ran, type RunChange } from './runchanges.ts';
export type * from './serverdecision.ts';
export type { Followed } from './follow.ts';
export { createKnown, type Source } from './known.ts';
export { createRuleStage, playOpen, type OpenError, type Stage, type Told } from './stage.ts';
export * from './releasediff.ts';
export type { LogTemplate } from './logdiff.ts';
export type { Compared } from './situations.ts';
export type { ArgumentChanges, FlagRedefinition, NamedFlag } from './flagdiff.ts';
export type { RefusalChange, Refuses } from './refusaldiff.ts';
export type { LinePattern, LinePiece, LineTable } from './lines.ts';

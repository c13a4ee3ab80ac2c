/**
 * Answers a command line: takes a person's words to the rooms below and lays out what they say.
 * Must not decide anything; a choice made here belongs in another room.
 */
export { answerOnce, BUNDLE, loadBundle } from './bundle.ts';
export { caseOf, type CaseAnswerer, createCaseAnswerer } from './askserve.ts';
export { flagsIn, withConfigFile } from './configfile.ts';
export { learnFrom } from './learn.ts';
export { learnedTexts } from './learned.ts';
export { ownClassesOf, ownTypes, publicVersion } from './ownclasses.ts';
export { type SaidOfServer, serverQuestion, serverRulesOf } from './server.ts';
export { columns } from './style.ts';

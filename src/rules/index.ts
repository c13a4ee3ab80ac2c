/**
 * Answers what a condition over named inputs says: yes, no or unknown, why, and what would change it.
 * Must not know vLLM, Python, files or people.
 */
export { DEEPEST, isTooDeep, notTooDeep } from './depth.ts';
export { damagedRules, WhichattnError, type ErrorParts } from './error.ts';
export * from './diagram.ts';
export { ExprError } from './arithmetic.ts';
export * from './expr.ts';
export * from './book.ts';
export * from './terms.ts';
export * from './evaluate.ts';
export * from './facts.ts';
export { printed, type Resolver } from './resolve.ts';
export { type Trail } from './trail.ts';
export * from './domain.ts';
export * from './valueset.ts';
export * from './residue.ts';
export { lazyList, lazyRecord, lazyRows, namesOf } from './lazy.ts';
export { meaningsIn, sortsOf } from './layout.ts';
export * from './merge.ts';
export * from './pack.ts';
export * from './opaque.ts';
export * from './outcomes.ts';

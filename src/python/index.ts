/**
 * Answers which guarded outcomes a piece of Python has, read from its syntax trees and never executed.
 * Must not know vLLM, where files come from or what an outcome is used for.
 */
export {};

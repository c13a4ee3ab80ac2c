/**
 * Answers what our own facts mean: their shape, their soundness, and which one a name stands for.
 * Must not know where the bytes of a fact lie or how an answer is shown.
 */
export {};

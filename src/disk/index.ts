/**
 * Answers which bytes stand behind a name: our data, a config file, a source tree, an archive.
 * Must not know what the bytes decide; it reads and hands on.
 */
export {};

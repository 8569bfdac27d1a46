/** The public API: what cells see as globals, and what `import … from "proflab"` gives. */
export { type CompareOptions, compare } from "./compare/compare.js";
export { Comparison } from "./compare/comparison.js";
export type { ComparisonMeta, Verdict } from "./compare/comparison-meta.js";
export type { DifferentialOptions } from "./compare/differential-flame-graph.js";
export { dfd } from "./dataframe/danfojs/index.js";
export { loadProfile } from "./dataframe/load-profile.js";
export { OptionError } from "./dataframe/option-error.js";
export type { Accounting, FrameKind, ProfileData, ProfileMeta } from "./dataframe/profile-data.js";
export { ProfileFrame } from "./dataframe/profile-frame.js";
export { readProfile } from "./dataframe/read-profile.js";
export { type Recordings, recordings } from "./dataframe/recordings.js";
export { type SqlValue, sql } from "./dataframe/sql/sql-tag.js";
export { Comm, type CommMessage, type CommTarget, openComm, setCommTarget } from "./display/comm.js";
export { clearOutput, type DisplayOptions, display } from "./display/display.js";
export { jupyterDisplay, type MimeBundle } from "./display/mime.js";
export { Progress } from "./display/progress.js";
export { type PromptOptions, prompt } from "./display/prompt.js";
export { html, md, svg } from "./display/tagged.js";
export { SqlError } from "./duckdb/sql-error.js";
export type { FoldedOptions } from "./formats/folded-writer.js";
export { FormatError } from "./formats/format-error.js";
export type { FormatName, ReadOptions } from "./formats/formats.js";
export {
  LibraryNotFoundError,
  PermissionError,
  SamplerError,
  SamplerGoneError,
  UnsupportedError,
  VerifierError,
} from "./profile/errors.js";
export type { ProfileOptions } from "./profile/options.js";
export { type Profile, type ProfileFrameOf, profile, type RunningProfile } from "./profile/profile.js";
export type { Repeated, RepeatOptions } from "./profile/repeat.js";
export { RecordingError } from "./recordings/recording-error.js";
export type { SaveOptions } from "./recordings/save-recording.js";

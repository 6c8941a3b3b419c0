export { createJudges } from './judges.ts';
export type { Judges, JudgesOptions } from './judges.ts';
export { textOfDocument } from './text.ts';
export type {
  DocumentType,
  JsonMatch,
  NamedType,
  Paper,
  Rule,
  TypeProblem,
  Verdict,
  Violation,
  XmlMatch,
} from './document-type.ts';

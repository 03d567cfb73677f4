// How good a model is.
export { type AnswerScoreOptions, answerScore } from './answer-score.ts'
export { describeScore, scoreJson } from './describe-score.ts'
export type { Estimate } from './estimate.ts'
export { type Score, type ScoredDocument, type ScoreOptions, score } from './score.ts'
export type { ScoreItem, Scorer } from './scorer.ts'

export { codes, type ErrorCode, type ErrorKind } from './codes.ts'
export { UnfogError } from './error.ts'

export { type Checker, check, checkerOf, type Verdict } from './check.ts'

// The command line: one function and its table of commands.
export { commands } from './commands/index.ts'
export { main } from './main.ts'
export { flagOf } from './option.ts'

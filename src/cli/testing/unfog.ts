// The command line in a test: in this process with captured streams, or as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../../scripts/process.js'
import { main } from '../index.ts'
import { type CaptureOptions, capturedIo } from './captured-io.ts'

export interface Ran {
  exit: number
  out: string
  err: string
}

/** Runs a command in this process. */
export async function unfog(argv: readonly string[], options: CaptureOptions = {}): Promise<Ran> {
  const io = capturedIo(options)
  const exit = await main(argv, io)
  return { exit, out: io.out, err: io.err }
}

export interface Process {
  child: ChildProcess
  /** what it has written so far */
  readonly out: string
  readonly err: string
  ended: Promise<Ran>
}

/** Starts bin/unfog.js, the command as people have it. */
export function startUnfog(
  argv: readonly string[],
  { cwd, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Process {
  const child = spawn(process.execPath, [join(root, 'bin/unfog.js'), ...argv], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  const written = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    written.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    written.err += text
  })
  return {
    child,
    get out() {
      return written.out
    },
    get err() {
      return written.err
    },
    ended: new Promise((resolve) => {
      child.on('close', (code) => resolve({ exit: code ?? -1, ...written }))
    }),
  }
}

// A trainer in a process of its own, to be killed. Arguments: the folder of the built package, and JSON options of
// train(). Every event goes to stdout as one line; an error to stderr, with its code.
const [dist, json] = process.argv.slice(2)
const { train, cpu } = await import(`${dist}/index.js`)
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
try {
  const device = cpu({ threads: 1 })
  for await (const event of train({ ...JSON.parse(json), device, signal: stop.signal })) {
    const { type, step, aborted } = event
    process.stdout.write(`${JSON.stringify({ type, step, aborted })}\n`)
  }
} catch (error) {
  const { code, message } = /** @type {Error & { code?: string }} */ (error)
  process.stderr.write(`${code}: ${message}\n`)
  process.exitCode = 1
}

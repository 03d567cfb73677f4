// A score in words and as JSON. A bound is never printed as if it were exact: each of its figures carries ≤.
import type { Score } from './score.ts'

/** Lines for people. */
export function describeScore(score: Score): string[] {
  const sign = score.exact ? '=' : '≤'
  const error = score.exact ? '' : ` ± ${figure(score.stderr)}`
  const row = (name: string, value: string) => `${name.padEnd(12)}${sign} ${value}`
  return [
    row('nats', `${figure(score.nats)}${error}`),
    row('nats/token', figure(score.natsPerToken)),
    row('nats/char', figure(score.natsPerChar)),
    row('bits/char', figure(score.bitsPerChar)),
    row('perplexity', `${figure(score.perplexity)} per token`),
    `${'measured'.padEnd(12)}${how(score)}`,
  ]
}

/** What `score --json` ends with. */
export function scoreJson(score: Score) {
  const { nats, stderr, natsPerChar, exact, noise, block, steps, samples } = score
  const chain = steps === undefined ? {} : { steps }
  return { nats, stderr, natsPerChar, exact, noise, block, ...chain, samples }
}

function how(score: Score): string {
  const { exact, noise, block, steps, nats, stderr, samples, stopped, precision } = score
  if (exact) return `exactly, block length ${block}`
  const reached = percent(stderr / nats)
  const why =
    stopped === 'precision'
      ? `its error is ${reached}`
      : `time was spent at an error of ${reached}, ${percent(precision)} was asked`
  const chain = steps === undefined ? '' : ` in ${steps} ${steps === 1 ? 'step' : 'steps'}`
  return `an upper bound of ${noise} noise${chain}, block length ${block}; ${samples} noisy texts: ${why}`
}

const percent = (part: number): string => `${figure(100 * part, 2)} %`

/** At least `digits` significant digits, whole numbers kept whole. */
function figure(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value)
  const whole = Math.abs(value) < 1 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1
  return whole >= digits ? value.toFixed(0) : String(Number(value.toPrecision(digits)))
}

// Times as people write and read them.

const form = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?$/i

/** Seconds in '180', '180s', '3m', '1h30m', '1.5h'; undefined for anything else. */
export function parseDuration(raw: string): number | undefined {
  const match = raw === '' ? null : form.exec(raw)
  if (!match) return undefined
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  const total = hours * 3600 + minutes * 60 + seconds
  return total < 1e9 ? total : undefined
}

/** '4.2s', '1m05s', '2h03m': two units at most. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`
}

const two = (value: number): string => String(value).padStart(2, '0')

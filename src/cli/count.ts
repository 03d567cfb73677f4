// Large numbers as people write and read them.

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9, g: 1e9 }

/** The whole number in '5000', '500k', '2M', '1.5M', '1e6'; undefined for anything else. */
export function parseCount(raw: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?(?:e\d+)?)([kmbg]?)$/i.exec(raw.replaceAll('_', ''))
  if (!match) return undefined
  // 1.1M is 1100000.0000000001 in floating point
  const value = Math.round(Number(match[1]) * units[match[2].toLowerCase()])
  return Number.isSafeInteger(value) ? value : undefined
}

/** '812', '8.1k', '812k', '12.3M' */
export function formatCount(value: number): string {
  if (value < 1e3) return String(Math.round(value))
  if (value < 9.95e3) return `${(value / 1e3).toFixed(1)}k`
  if (value < 9.995e5) return `${Math.round(value / 1e3)}k`
  if (value < 9.995e8) return `${(value / 1e6).toFixed(value < 9.995e7 ? 1 : 0)}M`
  return `${(value / 1e9).toFixed(1)}B`
}

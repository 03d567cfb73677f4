// A fingerprint of data, so that a run notices when its data has changed. Two lanes of MurmurHash3 (Appleby, x86
// 32 bit) with different seeds: 64 bits against accidents, not against enemies; a second for a hundred million words.

export interface ContentHash {
  /** Adds 32-bit words. */
  add(words: ArrayLike<number>): void
  /** 16 hexadecimal digits for all that was added so far. */
  digest(): string
}

export function contentHash(): ContentHash {
  let a = 0x9747b28c
  let b = 0x3c6ef372
  let count = 0
  return {
    add(words) {
      for (let i = 0; i < words.length; i++) {
        let word = Math.imul(words[i], 0xcc9e2d51)
        word = Math.imul((word << 15) | (word >>> 17), 0x1b873593)
        a ^= word
        a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0
        b ^= word
        b = (Math.imul((b << 17) | (b >>> 15), 9) + 0x38b34ae5) | 0
      }
      count += words.length
    },
    digest: () => hex(finish(a ^ count)) + hex(finish(b ^ Math.imul(count, 0x9e3779b1))),
  }
}

function finish(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

const hex = (word: number): string => word.toString(16).padStart(8, '0')

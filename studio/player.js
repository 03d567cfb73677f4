// Plays frames at a calm pace, however fast they come, and goes back to any of them. It knows of a frame only whether
// it is the last.

/** how long a text takes from fog to crisp, and the least and most time for one step, in milliseconds */
const wholeText = 7000
const shortest = 70
const longest = 450

export class Player {
  #frames = []
  #at = -1
  #timer
  #playing = false
  #interval = shortest
  #show
  #changed

  /** @param {{ show(frame: object, forward: boolean): void, changed(): void }} listener
   * `show` when another frame is to be seen (forward: the next), `changed` also when one has come or playing stops */
  constructor({ show, changed }) {
    this.#show = show
    this.#changed = changed
  }

  get playing() {
    return this.#playing
  }

  /** milliseconds between two frames that are played */
  get interval() {
    return this.#interval
  }

  /** number of the frame that is seen */
  get at() {
    return this.#at
  }

  get count() {
    return this.#frames.length
  }

  /** the frame that is seen */
  get frame() {
    return this.#frames[this.#at]
  }

  /** the frames up to the one that is seen */
  get seen() {
    return this.#frames.slice(0, this.#at + 1)
  }

  /** Forgets all frames, to play new ones. @param {number} steps how many there may be */
  begin(steps) {
    this.pause()
    this.#frames = []
    this.#at = -1
    this.#interval = Math.min(longest, Math.max(shortest, wholeText / Math.max(1, steps)))
    this.#playing = true
  }

  add(frame) {
    this.#frames.push(frame)
    if (this.count === 1) this.#go(0, false)
    if (frame.done && this.#at === this.count - 1) this.#playing = false
    this.#changed()
    this.#schedule()
  }

  /** Shows one frame, and stays there. */
  seek(at) {
    this.pause()
    if (this.count > 0) this.#go(Math.min(Math.max(0, at), this.count - 1), false)
  }

  pause() {
    this.#playing = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#changed()
  }

  /** Goes on; from the beginning when at the end. */
  play() {
    this.#playing = true
    if (this.frame?.done) this.#go(0, false)
    this.#changed()
    this.#schedule()
  }

  #schedule() {
    if (!this.#playing || this.#timer !== undefined || this.#at >= this.count - 1) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#frames[this.#at + 1].done) this.#playing = false
      this.#go(this.#at + 1, true)
      this.#schedule()
    }, this.#interval)
  }

  #go(at, forward) {
    this.#at = at
    this.#show(this.frame, forward)
    this.#changed()
  }
}

// The shapes of stories: which account may follow which, so that an ending follows from its beginning. One line per
// story, read like a regular expression: kind, who, and what else must hold, joined by dots; "?" perhaps; ( | ).
// The lines are unfolded into one tree, which the checker walks along a text.

export interface Step {
  kind: string
  who?: 'a' | 'b' | 'both'
  /** a feeling and its cause, where a journey leads, whether the ending has the thing */
  detail: string[]
  plot: string
  next: Step[]
}

export const fullShapes: Record<string, string> = {
  wish: `open.a scenery? want.a hasAt.b go.a.other see.a? meet.a? ask.a
    ( grant.b feel.a.happy.got thank.a? end.a.with | refuse.b feel.a.sad.refused end.a.without )`,
  visit: `open.a scenery? plan.a isAt.b go.a.other see.a? meet.a? give.a feel.b.happy.got thank.b? end.b.with`,
  lost: `open.both scenery? has.a go.both.new see.both? lose.a search.both
    ( find.b return.b feel.a.happy.got end.a.with | find.a feel.a.proud.found end.a.with
    | nofind.both feel.a.sad.gone end.a.without )`,
  trade: `open.both scenery? has.a has.b pastime.both? offer.a
    ( swap.b feel.both.happy.swapped scenery? ( end.a.with | end.b.with )
    | refuse.b feel.a.sad.refused end.a.with )`,
  quarrel: `open.both scenery? has.b take.a feel.b.angry.taken
    ( sorry.a return.a forgive.b scenery? end.b.with | go.a.new see.a? end.a.with )`,
  storm: `open.both scenery? has.a rain go.both.inside behind.a clear go.both.back find.a
    feel.a.happy.found end.a.with`,
  hiding: `open.both scenery? hide.b dare.b ( go.a.wrong missing.a )? go.a.thing see.a? find.a
    feel.a.proud.found end.a.with`,
  outing: `open.both scenery? wantgo.a go.both.new see.both?
    ( ( find.a | find.b give.b ) go.both.goal feel.a.happy.arrived scenery? end.a.with
    | ( find.b | find.a give.a ) go.both.goal feel.a.happy.arrived scenery? end.b.with )`,
}

export const smallShapes: Record<string, string> = {
  wish: `open.a scenery? want.a hasAt.b go.a.other
    ( grant.b feel.a.happy.got end.a.with | refuse.b feel.a.sad.refused end.a.without )`,
  visit: 'open.a scenery? plan.a isAt.b go.a.other give.a feel.b.happy.got end.b.with',
  quarrel: `open.both scenery? has.b take.a feel.b.angry.taken
    ( return.a scenery? end.b.with | go.a.new end.a.with )`,
}

/** The tree of all stories; its root's `next` are the openings. */
export function shapeTree(shapes: Record<string, string>): Step {
  const root: Step = { kind: '', detail: [], plot: '', next: [] }
  for (const [plot, line] of Object.entries(shapes)) {
    for (const story of unfold(line.match(/[a-zA-Z.]+|[()|?]/g) as string[])) {
      let at = root
      for (const name of story) {
        const [kind, ...detail] = name.split('.')
        const who = detail.shift() as Step['who']
        const same = (step: Step) =>
          step.kind === kind && step.who === who && String(step.detail) === String(detail)
        let step = at.next.find(same)
        if (!step) {
          step = { kind, who, detail, plot, next: [] }
          at.next.push(step)
        }
        at = step
      }
      at.plot = plot
    }
  }
  return root
}

/** All stories of a line, as lists of names. */
function unfold(tokens: string[]): string[][] {
  let at = 0
  const join = (heads: string[][], tails: string[][]) =>
    heads.flatMap((head) => tails.map((tail) => [...head, ...tail]))
  const alternatives = (): string[][] => {
    const found = sequence()
    while (tokens[at] === '|') {
      at++
      found.push(...sequence())
    }
    return found
  }
  const sequence = (): string[][] => {
    let stories: string[][] = [[]]
    while (at < tokens.length && tokens[at] !== '|' && tokens[at] !== ')') {
      const token = tokens[at++]
      let item = token === '(' ? alternatives() : [[token]]
      if (token === '(') at++
      if (tokens[at] === '?') {
        at++
        item = [[], ...item]
      }
      stories = join(stories, item)
    }
    return stories
  }
  return alternatives()
}

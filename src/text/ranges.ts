// Rows of one length, cut into batches.

/** Some of a list: from `from` up to `to`. */
export interface Range {
  from: number
  to: number
}

/** Rows in a list that all have one length. */
export interface Group extends Range {
  length: number
}

/** Neighbours of one length, together. */
export function groupsOfOneLength(lengths: ArrayLike<number>): Group[] {
  const groups: Group[] = []
  for (let i = 0; i < lengths.length; i++) {
    const last = groups[groups.length - 1]
    if (last?.length === lengths[i]) last.to = i + 1
    else groups.push({ length: lengths[i], from: i, to: i + 1 })
  }
  return groups
}

/** Cuts each group into batches as equal as can be, so that no rest of one or two rows is left. */
export function batchRanges(groups: readonly Group[], tokensPerBatch: number): Range[] {
  return groups.flatMap(({ length, from, to }) => {
    const most = Math.max(1, Math.floor(tokensPerBatch / length))
    const count = Math.ceil((to - from) / most)
    const cut = (i: number) => from + Math.floor((i * (to - from)) / count)
    return Array.from({ length: count }, (_, i) => ({ from: cut(i), to: cut(i + 1) }))
  })
}

// Draws the pictures of docs from a real text of the bundled model and from the noise itself: npm run bench -- pictures
//
// Deterministic: the same model and seed on the same kind of processor give the same files.
import { writeFileSync } from 'node:fs'
import { compare } from '../src/cli/comparison.ts'
import { exampleSeed, exampleText, noisyTexts } from '../src/cli/noisy-text.ts'
import { type Order, ordersPicture } from '../src/cli/orders-picture.ts'
import { escaped, svg } from '../src/cli/svg.ts'
import { type Frame, loadModel, noises, schedules, states } from '../src/index.ts'
import { systemClock } from '../src/store/index.ts'

const seed = 5
const model = await loadModel('tales')
const frames: Frame[] = []
for await (const frame of model.generate({ seed })) frames.push(frame)
const last = frames[frames.length - 1]
const words = [...last.tokens].map((id) => model.tokenizer.token(id).trim())
const orders: Order[] = []
for await (const { policy, frames } of compare(model, { seed, count: 1 }, systemClock)) {
  orders.push({ name: policy, about: `${frames[frames.length - 1].forwards} forwards`, frames })
}
await model.dispose()

const lineWidth = 780
const letter = 7.3

/** Words laid in lines: [x, line] of each. */
function layout(): { x: number; line: number; width: number }[] {
  let x = 0
  let line = 0
  return words.map((word) => {
    const width = Math.max(1, word.length) * letter
    const glued = /^[.,!?;:"']/.test(word)
    if (x + width > lineWidth) {
      x = 0
      line++
    }
    const place = { x: glued ? Math.max(0, x - 4) : x, line, width }
    x = place.x + width + 5
    return place
  })
}

function fogPicture(): string {
  const places = layout()
  const lines = places[places.length - 1].line + 1
  const rows = 6
  const height = lines * 19 + 26
  let body = ''
  for (let row = 0; row < rows; row++) {
    const frame = frames[Math.round((row * (frames.length - 1)) / (rows - 1))]
    const top = row * height + 24
    body += `<text x="14" y="${top - 8}" fill="#9a958a" font-size="10">step ${frame.step}</text>`
    places.forEach(({ x, line, width }, i) => {
      const y = top + line * 19 + 12
      if (frame.state[i] === states.fog) {
        const shade = 0.12 + 0.5 * frame.confidence[i]
        body += `<rect x="${(x + 14).toFixed(1)}" y="${y - 10}" width="${width.toFixed(1)}" height="12" rx="4" fill="#6f7d94" opacity="${shade.toFixed(2)}"/>`
      } else {
        const fill = frame.state[i] === states.given ? '#8a5a2b' : '#23262d'
        body += `<text x="${(x + 14).toFixed(1)}" y="${y}" fill="${fill}">${escaped(words[i])}</text>`
      }
    })
  }
  return svg(lineWidth + 60, rows * height + 10, body)
}

function certaintyPicture(): string {
  const [width, height, left, top] = [780, 260, 40, 14]
  const steps = last.step
  const at = (step: number) => left + (step / steps) * width
  const level = (p: number) => top + (1 - p) * height
  let body = ''
  for (const p of [0, 0.5, 1]) {
    body += `<line x1="${left}" x2="${left + width}" y1="${level(p)}" y2="${level(p)}" stroke="#e3dfd6"/><text x="8" y="${level(p) + 4}" fill="#9a958a" font-size="10">${p}</text>`
  }
  words.forEach((_, i) => {
    const points = frames.map(
      (frame) => `${at(frame.step).toFixed(1)},${level(frame.confidence[i]).toFixed(1)}`,
    )
    const settled = frames.findIndex((frame) => frame.state[i] !== states.fog)
    const hue = 215 - 190 * (settled / frames.length)
    body += `<polyline points="${points.join(' ')}" fill="none" stroke="hsl(${hue.toFixed(0)} 45% 50%)" opacity="0.4"/>`
  })
  body += `<text x="${left}" y="${top + height + 22}" fill="#9a958a" font-size="10">fog</text><text x="${left + width - 28}" y="${top + height + 22}" fill="#9a958a" font-size="10">crisp</text>`
  return svg(width + 60, height + 46, body)
}

/** What `unfog noise` draws. */
function noisePicture(): string {
  const [rowHeight, gap, left] = [18, 30, 46]
  let y = 14
  let body = ''
  for (const process of Object.values(noises)) {
    y += gap
    body += `<text x="14" y="${y - 20}" fill="#23262d" font-weight="bold">${process.name}</text><text x="${14 + (process.name.length + 2) * letter}" y="${y - 20}" fill="#9a958a">${escaped(process.about)}</text>`
    for (const { time, words } of noisyTexts(process, schedules.linear, exampleText, exampleSeed)) {
      body += `<text x="14" y="${y}" fill="#9a958a" font-size="10">${time.toFixed('vectors' in process ? 2 : 1)}</text>`
      let column = 0
      for (const { text, kind, after, certainty = 1 } of words) {
        const x = (left + column * letter).toFixed(1)
        const width = text.length * letter
        if (kind === 'fog') {
          body += `<rect x="${x}" y="${y - 10}" width="${width.toFixed(1)}" height="12" rx="4" fill="#6f7d94" opacity="0.35"/>`
        } else {
          const ink = kind === 'swapped' ? 'fill="#cd5c82" font-weight="bold"' : 'fill="#23262d"'
          const blur = certainty < 1 ? ` opacity="${(0.3 + 0.7 * certainty).toFixed(2)}"` : ''
          body += `<text x="${x}" y="${y}" ${ink}${blur}>${escaped(text)}</text>`
        }
        const mark = after.trimEnd()
        if (mark) {
          const end = (left + (column + text.length) * letter).toFixed(1)
          body += `<text x="${end}" y="${y}" fill="#23262d">${escaped(mark)}</text>`
        }
        column += text.length + after.length
      }
      y += rowHeight
    }
  }
  return svg(lineWidth + 60, y, body)
}

writeFileSync('docs/pictures/noise.svg', noisePicture())
writeFileSync('docs/pictures/fog.svg', fogPicture())
writeFileSync('docs/pictures/certainty.svg', certaintyPicture())
writeFileSync('docs/pictures/orders.svg', ordersPicture(orders))

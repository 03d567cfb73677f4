// Reads back what onnx.ts writes: just enough of protobuf and of the ONNX schema to look at a graph's nodes. It
// shares no code with the writer, so that a fault in one is not mirrored in the other.

export interface ReadNode {
  type: string
  name: string
  domain: string
  inputs: string[]
  outputs: string[]
}
export interface ReadGraph {
  nodes: ReadNode[]
  initializers: string[]
  inputs: string[]
  outputs: string[]
}

type Field = { field: number; value: bigint | Uint8Array }

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const taken = (size: number): Uint8Array => {
    at += size
    if (at > bytes.length) throw new Error(`a field ends ${at - bytes.length} bytes too late`)
    return bytes.subarray(at - size, at)
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const wire = key & 7
    const value = wire === 0 ? varint() : taken(wire === 2 ? Number(varint()) : 4)
    fields.push({ field: key >> 3, value })
  }
  return fields
}

const messages = (fields: Field[], wanted: number): Uint8Array[] =>
  fields.flatMap(({ field, value }) => (field === wanted ? [value as Uint8Array] : []))

const texts = (fields: Field[], wanted: number): string[] =>
  messages(fields, wanted).map((bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes))

export function readOnnx(bytes: Uint8Array): ReadGraph {
  const graph = fieldsOf(messages(fieldsOf(bytes), 7)[0])
  const nodes = messages(graph, 1).map(fieldsOf)
  const named = (field: number, nameField: number) =>
    messages(graph, field).map((bytes) => texts(fieldsOf(bytes), nameField)[0])
  return {
    nodes: nodes.map((node) => ({
      inputs: texts(node, 1),
      outputs: texts(node, 2),
      name: texts(node, 3)[0],
      type: texts(node, 4)[0],
      domain: texts(node, 7)[0] ?? '',
    })),
    initializers: named(5, 8),
    inputs: named(11, 1),
    outputs: named(12, 1),
  }
}

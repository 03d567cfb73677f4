// The ONNX file format: which field of which message holds what (onnx.proto3, IR version 10).
import { UnfogError } from '../error/index.ts'
import { ProtoWriter } from './proto.ts'
import type { Shape } from './shape.ts'

export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
} as const

/** The arrays that hold their entries. */
export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
}
export type ElementType = keyof typeof elementTypes

export type Attribute = number | string | readonly number[] | { float: number }

export interface OnnxNode {
  type: string
  domain: string
  name: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: Readonly<Record<string, Attribute>>
}
export interface OnnxTensor {
  name: string
  type: ElementType
  dims: readonly number[]
  data: Uint8Array
}
export interface OnnxValue {
  name: string
  type: ElementType
  shape: Shape
}
export interface OnnxGraph {
  nodes: OnnxNode[]
  initializers: OnnxTensor[]
  inputs: OnnxValue[]
  outputs: OnnxValue[]
}

/** The standard operators' version, and that of onnxruntime's own. */
const opsets = { '': 21, 'com.microsoft': 1 } as const
const irVersion = 10
/** protobuf's own limit on a message */
const mostBytes = 2 ** 31 - 1

function writeAttribute(out: ProtoWriter, name: string, value: Attribute): void {
  out.string(1, name)
  if (typeof value === 'number') out.int(3, value).int(20, 2)
  else if (typeof value === 'string') out.string(4, value).int(20, 3)
  else if ('float' in value) out.float(2, value.float).int(20, 1)
  else {
    for (const item of value) out.int(8, item)
    out.int(20, 7)
  }
}

function writeNode(out: ProtoWriter, node: OnnxNode): void {
  for (const name of node.inputs) out.string(1, name)
  for (const name of node.outputs) out.string(2, name)
  out.string(3, node.name).string(4, node.type)
  for (const [name, value] of Object.entries(node.attributes)) {
    out.message(5, (inner) => writeAttribute(inner, name, value))
  }
  if (node.domain) out.string(7, node.domain)
}

function writeTensor(out: ProtoWriter, tensor: OnnxTensor): void {
  for (const dim of tensor.dims) out.int(1, dim)
  out.int(2, elementTypes[tensor.type]).string(8, tensor.name).bytes(9, tensor.data)
}

function writeValue(out: ProtoWriter, value: OnnxValue): void {
  out.string(1, value.name).message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.int(1, elementTypes[value.type]).message(2, (shape) => {
        for (const dim of value.shape) {
          shape.message(1, (out) => {
            if (typeof dim === 'number') out.int(1, dim)
            else out.string(2, dim)
          })
        }
      })
    }),
  )
}

/** A model file.
 * @throws UnfogError `unsupported` beyond protobuf's 2 GiB */
export function encodeOnnx(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const weights = graph.initializers.reduce((sum, { data }) => sum + data.length, 0)
  if (weights > mostBytes) {
    throw new UnfogError(
      'unsupported',
      `the weights take ${(weights / 2 ** 30).toFixed(1)} GiB and a graph holds at most 2 GiB`,
    )
  }
  const out = new ProtoWriter().int(1, irVersion).string(2, 'unfog')
  out.message(7, (body) => {
    for (const node of graph.nodes) body.message(1, (inner) => writeNode(inner, node))
    body.string(2, 'unfog')
    for (const tensor of graph.initializers) body.message(5, (inner) => writeTensor(inner, tensor))
    for (const value of graph.inputs) body.message(11, (inner) => writeValue(inner, value))
    for (const value of graph.outputs) body.message(12, (inner) => writeValue(inner, value))
  })
  for (const [domain, version] of Object.entries(opsets)) {
    out.message(8, (inner) => inner.string(1, domain).int(2, version))
  }
  return out.finish() as Uint8Array<ArrayBuffer>
}

// Is the server there, and how busy is it?
import { noParameters } from '../query.ts'
import { route } from '../service.ts'

export const health = route({
  about: 'Says that the server is there, and how many texts are being written and waiting.',
  parameters: noParameters,
  handle: (_, { model }) => Response.json({ ok: true, ...model.load }),
})
